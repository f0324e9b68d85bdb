"""A certificate of an authority of its own, of the kind that AWS's endpoints have."""

import ssl
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def signed(subject, key, issuer, issuer_key, *extensions):
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def authority_and_leaf(names):
    """Certificates of an authority and, by it, for hosts of these names; with the key of the latter."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    authority_key, key = keys
    authority = signed(
        "bench", authority_key, "bench", authority_key, x509.BasicConstraints(True, None)
    )
    leaf = signed("bench's hosts", key, "bench", authority_key, x509.SubjectAlternativeName(names))
    return authority, leaf, key


def write(folder, names):
    """Writes a server's chain and key, and a bundle of the system's authorities and its own."""
    folder = Path(folder)
    authority, leaf, key = authority_and_leaf(names)
    chain, key_file, bundle = (folder / file for file in ("chain.pem", "key.pem", "bundle.pem"))
    chain.write_bytes(pem(leaf) + pem(authority))
    key_file.write_bytes(private_pem(key))
    system = ssl.get_default_verify_paths().cafile
    bundle.write_bytes((Path(system).read_bytes() if system else b"") + pem(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key_file)
    return context, str(bundle)


def of_hosts(folder, hosts):
    """A context that serves hosts by these names; the bundle is in the folder."""
    return write(folder, [x509.DNSName(host) for host in hosts])[0]


class Certificate:
    """`context` serves it; `bundle` is a file with the system's authorities and its own."""

    def __init__(self, folder):
        self.context, self.bundle = write(folder, [x509.IPAddress(ip_address("127.0.0.1"))])
