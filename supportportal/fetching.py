"""Fetch what stands at an address that somebody has typed: never from inside our own network, and never without end.

The host is looked up once, every answer must be public, and the connection goes to the very address that was checked,
whatever the name leads to a moment later. Each redirect is checked the same way. No proxy of the environment is used:
it would look the name up again.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urljoin, urlsplit

REDIRECTS = {301, 302, 303, 307, 308}
PORTS = {"https": 443, "http": 80}
# Of what ``ipaddress`` calls global: the platform address of one cloud, and a block for protocols with another's.
INTERNAL_ALL_THE_SAME = [ipaddress.ip_network(text) for text in ("168.63.129.16/32", "192.0.0.0/24")]
UNICAST_V6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Failure(StrEnum):
    ADDRESS = "address"  # not one that may be asked
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    SLOW = "slow"
    REFUSED = "refused"
    SERVER = "server"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"  # packed, though asked not to: what unpacks can become anything


class NotFetched(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True)
class Limits:
    """``seconds`` is for everything after the name was looked up, redirects included; ``idle`` for each silence."""

    bytes: int = 5 * 1024 * 1024
    seconds: float = 20
    idle: float = 10
    redirects: int = 5


@dataclass(frozen=True)
class Who:
    """Who may be asked: beyond public hosts, those of ``internal_hosts``, which the operator trusts."""

    schemes: tuple[str, ...] = ("https",)
    internal_hosts: Collection[str] = ()


@dataclass(frozen=True)
class Fetched:
    """``body`` is None where nothing has changed since ``etag`` or ``last_modified``."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{self.path}"


def fetch(
    address: str, *, accept: str, etag: str = "", last_modified: str = "", who: Who = Who(), limits: Limits = Limits()
) -> Fetched:
    """What stands there; raises NotFetched with the reason."""
    headers = {"Accept": accept, "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "supportportal"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    until = time.monotonic() + limits.seconds
    target = _target(address, who)
    for _hop in range(limits.redirects + 1):
        found = _asked(target, headers, until, who, limits)
        if isinstance(found, Fetched):
            return found
        target = _target(found, who, base=str(target))
    raise NotFetched(Failure.REDIRECTS)


def is_public(text: str) -> bool:
    """Whether the IP address belongs to the world: no private, local, shared, reserved or hidden address does."""
    return _is_public(ipaddress.ip_address(text.partition("%")[0]))


def host_of(address: str, who: Who = Who()) -> str:
    """The host of an address that may be asked, as far as its text tells; raises NotFetched."""
    host = _target(address, who).host
    if host not in who.internal_hosts and _is_plainly_internal(host):
        raise NotFetched(Failure.ADDRESS)
    return host


def _is_plainly_internal(host: str) -> bool:
    try:
        return not _is_public(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_public(ip: IPAddress) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        return ip.is_global and ip in UNICAST_V6
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in INTERNAL_ALL_THE_SAME)


def _target(address: str, who: Who, base: str = "") -> _Target:
    try:
        parts = urlsplit(urljoin(base, address))
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    except ValueError as error:  # UnicodeError is one
        raise NotFetched(Failure.ADDRESS) from error
    if parts.scheme not in who.schemes or not host or port == 0 or parts.username is not None:
        raise NotFetched(Failure.ADDRESS)
    return _Target(parts.scheme, host, port or PORTS[parts.scheme], f"{path}?{query}" if query else path)


def _addresses(target: _Target, who: Who) -> list[str]:
    """Where the host is, each of it public; a name with a single answer inside is no public name."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(Failure.UNREACHABLE) from error
    addresses = list(dict.fromkeys(str(sockaddr[0]) for _family, _type, _protocol, _name, sockaddr in found))
    if target.host not in who.internal_hosts and not all(is_public(one) for one in addresses):
        raise NotFetched(Failure.ADDRESS)
    return addresses


def _asked(target: _Target, headers: dict[str, str], until: float, who: Who, limits: Limits) -> Fetched | str:
    """What one server answers: the thing itself, or where else it is."""
    addresses = _addresses(target, who)
    try:
        with _connected(target, addresses, until, limits) as connection:
            connection.request("GET", target.path, headers=headers)
            with connection.getresponse() as response:
                return _read(response, limits)
    except TimeoutError as error:
        raise NotFetched(Failure.SLOW) from error
    except ssl.SSLCertVerificationError as error:
        raise NotFetched(Failure.CERTIFICATE) from error
    except (OSError, http.client.HTTPException) as error:
        is_late = time.monotonic() >= until
        raise NotFetched(Failure.SLOW if is_late else Failure.UNREACHABLE) from error


def _read(response: http.client.HTTPResponse, limits: Limits) -> Fetched | str:
    if response.status in REDIRECTS:
        return response.getheader("Location") or ""
    if response.status == 304:
        return Fetched(None)
    if response.status >= 500 or response.status == 429:
        raise NotFetched(Failure.SERVER)
    if response.status != 200:
        raise NotFetched(Failure.REFUSED)
    if response.getheader("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise NotFetched(Failure.ENCODED)
    body = response.read(limits.bytes + 1)
    if len(body) > limits.bytes:
        raise NotFetched(Failure.TOO_LARGE)
    if response.length:  # it announced more, and went away
        raise NotFetched(Failure.UNREACHABLE)
    return Fetched(body, _kept(response, "ETag"), _kept(response, "Last-Modified"))


def _kept(response: http.client.HTTPResponse, name: str) -> str:
    """A header that can be kept and sent back; anything odder than text is none."""
    value = response.getheader(name) or ""
    return value if value.isascii() and value.isprintable() else ""


@contextlib.contextmanager
def _connected(
    target: _Target, addresses: list[str], until: float, limits: Limits
) -> Iterator[http.client.HTTPConnection]:
    """A connection that ends by itself when time is up, however slowly the other side drips."""
    sock = _socket(addresses, target.port, until, limits)
    connection: http.client.HTTPConnection
    if target.scheme == "https":
        context = ssl.create_default_context()
        with _closed_on_error(sock):
            sock = context.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
        connection = http.client.HTTPSConnection(target.host, target.port, context=context)
    else:
        connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock  # given one, it looks no name up itself
    # Not the method of TLS sockets, which would say goodbye from another thread than the one that reads.
    end = threading.Timer(max(0, until - time.monotonic()), socket.socket.shutdown, (sock, socket.SHUT_RDWR))
    end.daemon = True
    end.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        yield connection
        if time.monotonic() >= until:  # what was read to its early end looks complete
            raise TimeoutError
    finally:
        end.cancel()
        connection.close()
        sock.close()


def _socket(addresses: list[str], port: int, until: float, limits: Limits) -> socket.socket:
    """Connected to the first of the addresses that answers, and to no other than these."""
    for number, address in enumerate(addresses, 1):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            sock = socket.create_connection((address, port), timeout=min(limits.idle, left))
        except OSError:
            if number == len(addresses):
                raise
            continue
        sock.settimeout(limits.idle)
        return sock
    raise NotFetched(Failure.UNREACHABLE)


@contextlib.contextmanager
def _closed_on_error(sock: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        sock.close()
        raise
