"""A mail catcher: a folder with a file for each mail that SNS would send."""

from email.message import EmailMessage
from email.policy import SMTP


class Mails:
    """The mails that were sent."""

    def __init__(self, folder, heard=lambda text: None):
        folder.mkdir(parents=True)
        self.folder = folder
        self.heard = heard
        self.all = []

    def send(self, to, subject, text):
        mail = EmailMessage(policy=SMTP)
        mail["From"] = "AWS Notifications <no-reply@sns.amazonaws.com>"
        mail["To"] = to
        # What SNS writes where there is none.
        mail["Subject"] = subject or "AWS Notification Message"
        # Not encoded: the file can be read as it is.
        mail.set_content(text, cte="8bit")
        self.all.append(mail)
        path = self.folder / f"{len(self.all):04}.eml"
        path.write_bytes(mail.as_bytes())
        self.heard(f"mail to {to}: {mail['Subject']} ({path})")
