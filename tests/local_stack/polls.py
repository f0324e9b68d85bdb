"""Polls that have everything to do that a poll may have to do, so that whatever right is missing is missed."""

from itertools import count

from . import caller
from .conftest import NONE_OPEN, ended
from .driving import denials

# So many first sights are saved in transactions.
MANY = 12


class Polls:
    """Polls by hand, of an account that the scenario gives open tasks far below in its listings."""

    numbers = count(100)

    def __init__(self, driver, account=caller.ACCOUNT):
        self.driver = driver
        self.account = account
        self.endings = []

    def poll(self):
        """Polls everything, and returns the answer."""
        return self.driver.invoke()

    def drive(self, since):
        """One ending to tell, many first sights, and in a Region of its own a first listing. That there are one
        or more open tasks far below in the listing is the scenario's doing."""
        number = next(self.numbers)
        self.driver.forget(NONE_OPEN)
        ending = ended(number)
        self.endings.append(ending["image_id"])
        # The id is of the hour, as it were: no two polls see the same.
        sights = [f"ami-0{number:08x}{one:08x}" for one in range(MANY)]
        running = [{"image_id": image, "bucket": "new", "duration": "2d"} for image in sights]
        self.driver.cloud.simulator.stores(ending, *running, account=self.account)
        answer = self.poll()
        return [answer.text, *self.driver.log("Poller", since)]

    def is_denied(self, _function, since):
        return denials(self.drive(since))

    def is_well(self, _function):
        self.poll().summary()
