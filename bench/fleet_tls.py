"""TLS for the real names of AWS's endpoints, behind a proxy's CONNECT."""

import asyncio
import ssl

from regions import REGIONS

CONNECTED = b"HTTP/1.1 200 -\r\n\r\n"
# Whose calls the simulator answers.
SIMULATED = {"ec2", "sts"}


def hosts(home):
    """The endpoints that the function calls."""
    return [f"ec2.{region}.amazonaws.com" for region in REGIONS] + [
        f"{service}.{home}.amazonaws.com" for service in ("sts", "dynamodb", "sqs", "ssm", "sns")
    ]


class Far(asyncio.Protocol):
    """A connection to the simulator, whose answers go back as they come."""

    def __init__(self):
        self.transport = self.near = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.near.send(data)

    def connection_lost(self, error):
        self.near.transport.close()


class Relay(asyncio.Protocol):
    """The near end of a tunnel to the simulator."""

    def __init__(self, far):
        self.far, self.transport = far, None
        far.near = self

    def data_received(self, data):
        self.far.transport.write(data)

    def connection_lost(self, error):
        self.far.transport.close()

    def send(self, data):
        if not self.transport.is_closing():
            self.transport.write(data)


async def upgrade(app, connection, host):
    """Makes what comes behind a CONNECT the TLS of a host, and its calls those of a stand-in."""
    transport, connection.transport = connection.transport, None
    loop = asyncio.get_running_loop()
    protocol = connection
    if host.partition(".")[0] in SIMULATED:
        address = app.simulator
        _, far = await loop.create_connection(Far, address.hostname, address.port)
        protocol = Relay(far)
    transport.write(CONNECTED)
    try:
        protocol.transport = await loop.start_tls(
            transport, protocol, app.context, server_side=True
        )
    except (OSError, ssl.SSLError):
        transport.close()
        return
    if protocol is connection:
        # A request that came along with the end of the handshake.
        connection.data_received(b"")
