"""HTTPS in front of a plain local server, with a certificate that only one bundle trusts.

    tls_relay.py HOST:PORT BUNDLE

Makes a certificate authority and a certificate for 127.0.0.1, writes the authority's into the file
BUNDLE, takes the TLS off each connection and hands the bytes on to HOST:PORT. Prints `listening on
https://127.0.0.1:PORT` first, and ends when its standard input reaches its end.
"""

import asyncio
import datetime
import ipaddress
import os
import ssl
import sys
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM


def certificate(name, key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def server_context(bundle: Path) -> ssl.SSLContext:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = name("amiwatch test authority")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    authority = certificate(
        authority_name, authority_key, authority_name, authority_key,
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), False),
    )
    own = certificate(
        name("127.0.0.1"), key, authority_name, authority_key,
        (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False),
    )
    bundle.write_bytes(b"The authority of a test.\n" + authority.public_bytes(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        private = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write(private + own.public_bytes(PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(upstream: str, bundle: str) -> None:
    host, port = upstream.rsplit(":", 1)

    async def relay(near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pipe(near_in, far_out), pipe(far_in, near_out))

    server = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=server_context(Path(bundle)))
    print(f"listening on https://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    # Not server.close(): it would wait for connections that a client keeps open.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
