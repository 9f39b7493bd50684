"""Fetching what stands at an address that somebody typed: from the world alone, and never without end."""

import http.client
import socket
import ssl
import subprocess
import threading
import urllib.request
from dataclasses import replace

import pytest

from supportportal import fetching
from supportportal.fetching import Failure, Limits, NotFetched, Who
from tests.support.ics import serving

INSIDE = Who(("http", "https"), {"localhost"})
PATIENT = Limits(bytes=100_000, seconds=60, idle=60, redirects=3)
QUICK = replace(PATIENT, seconds=1, idle=0.5)  # for whoever never comes to an end


@pytest.fixture
def server():
    with serving() as server:
        yield server


def fetch(address: str, *, who: Who = INSIDE, limits: Limits = PATIENT, **given):
    return fetching.fetch(address, accept="text/calendar", who=who, limits=limits, **given)


def failure_of(address: str, **given) -> Failure:
    with pytest.raises(NotFetched) as caught:
        fetch(address, **given)
    return caught.value.failure


# -- who may be asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        pytest.param("93.184.215.14", True, id="public"),
        pytest.param("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, id="public, IPv6"),
        pytest.param("64:ff9b::5db8:d70e", True, id="public, through NAT64"),
        pytest.param("127.0.0.1", False, id="loopback"),
        pytest.param("::1", False, id="loopback, IPv6"),
        pytest.param("10.1.2.3", False, id="private 10"),
        pytest.param("172.16.0.1", False, id="private 172"),
        pytest.param("192.168.1.1", False, id="private 192"),
        pytest.param("100.64.0.1", False, id="shared by a provider"),
        pytest.param("169.254.169.254", False, id="metadata"),
        pytest.param("168.63.129.16", False, id="metadata of another cloud"),
        pytest.param("192.0.0.192", False, id="metadata of a third"),
        pytest.param("100.100.100.200", False, id="metadata of a fourth"),
        pytest.param("0.0.0.0", False, id="this host"),
        pytest.param("224.0.0.1", False, id="multicast"),
        pytest.param("255.255.255.255", False, id="broadcast"),
        pytest.param("fe80::1", False, id="link-local"),
        pytest.param("fe80::1%eth0", False, id="link-local with its interface"),
        pytest.param("fd00:ec2::254", False, id="unique local: metadata"),
        pytest.param("fec0::1", False, id="site-local"),
        pytest.param("ff02::1", False, id="multicast, IPv6"),
        pytest.param("::ffff:127.0.0.1", False, id="mapped loopback"),
        pytest.param("::ffff:10.0.0.1", False, id="mapped private"),
        pytest.param("::ffff:93.184.215.14", True, id="mapped public"),
        pytest.param("::7f00:1", False, id="compatible loopback"),
        pytest.param("2002:7f00:1::", False, id="6to4 of loopback"),
        pytest.param("64:ff9b::7f00:1", False, id="NAT64 of loopback"),
        pytest.param("64:ff9b::a9fe:a9fe", False, id="NAT64 of metadata"),
        pytest.param("64:ff9b:1::1", False, id="a local NAT64"),
        pytest.param("2001:0:4136:e378:8000:63bf:3fff:fdd2", False, id="Teredo"),
    ],
)
def test_what_is_public(address, is_public):
    assert fetching.is_public(address) is is_public


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://127.0.0.1:{port}/", id="loopback"),
        pytest.param("http://127.1:{port}/", id="loopback, short"),
        pytest.param("http://2130706433:{port}/", id="loopback, as a number"),
        pytest.param("http://0x7f000001:{port}/", id="loopback, hexadecimal"),
        pytest.param("http://0:{port}/", id="zero"),
        pytest.param("http://[::ffff:127.0.0.1]:{port}/", id="mapped"),
        pytest.param("http://localhost.:{port}/", id="a name for loopback that is not listed"),
        pytest.param("http://user@localhost:{port}/", id="with a user"),
        pytest.param("http://localhost:0/", id="no port"),
        pytest.param("http://localhost:99999/", id="no such port"),
        pytest.param("ftp://localhost:{port}/", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("http:///", id="no host"),
        pytest.param("http://[::1/", id="half an address"),
        pytest.param("nothing", id="no address"),
    ],
)
def test_whom_nobody_makes_us_ask(server, address):
    assert failure_of(address.format(port=server.port)) in (Failure.ADDRESS, Failure.UNREACHABLE)
    assert server.asked == []


def test_the_operator_may_trust_a_host_inside(server):
    assert fetch(server.address()).body == server.body
    assert failure_of(server.address(), who=Who(("http",))) == Failure.ADDRESS
    assert failure_of(server.address(), who=Who(internal_hosts={"localhost"})) == Failure.ADDRESS  # https alone
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://127.0.0.1:{port}/", id="loopback"),
        pytest.param("http://169.254.169.254/latest/meta-data/", id="metadata"),
        pytest.param("http://[fd00:ec2::254]/latest/", id="metadata, IPv6"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("//127.0.0.1:{port}/", id="without a scheme"),
        pytest.param("http://[::1", id="half an address"),
    ],
)
def test_a_redirect_is_checked_as_the_address_was(server, location):
    server.mode, server.location = "redirect", location.format(port=server.port)
    assert failure_of(server.address()) == Failure.ADDRESS
    assert len(server.asked) == 1


def test_a_redirect_is_followed_where_it_may_be(server):
    with serving() as other:
        server.mode, server.location = "redirect", other.address("/there.ics")
        assert fetch(server.address()).body == other.body
        assert other.asked[0][0] == "/there.ics"


def test_a_redirect_may_be_relative(server):
    server.mode, server.location = "once", "../other/there.ics?a=b"
    assert fetch(server.address("/one/two/three.ics")).body == server.body
    assert [path for path, _headers in server.asked] == ["/one/two/three.ics", "/one/other/there.ics?a=b"]


def test_there_is_an_end_to_redirects(server):
    server.mode = "round"
    assert failure_of(server.address()) == Failure.REDIRECTS
    assert len(server.asked) == 1 + PATIENT.redirects


PUBLIC, NAME = "93.184.215.14", "calendar.example"


@pytest.fixture
def rebound(monkeypatch):
    """A name that is public when it is asked for the first time, and leads to this machine from then on."""
    look_up, asked = socket.getaddrinfo, []

    def answer(host, port, *args, **kwargs):
        if host != NAME:
            return look_up(host, port, *args, **kwargs)
        asked.append(host)
        address = PUBLIC if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_it_goes_to_the_very_address_that_was_checked(server, rebound, monkeypatch):
    """However the name changes meanwhile. Tests reach nobody outside: the attempt is what is seen."""
    tried = []

    def connect(self, address):
        tried.append(address[0])
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert failure_of(server.address(host=NAME), who=Who(("http",))) == Failure.UNREACHABLE
    assert (tried, rebound) == ([PUBLIC], [NAME])


def test_whoever_looks_the_name_up_again_is_led_inside(server, rebound):
    """The negative control: a check first and a library's own connection after it."""
    assert fetching.is_public(socket.getaddrinfo(NAME, server.port)[0][4][0])
    with urllib.request.urlopen(server.address(host=NAME)) as answer:
        assert answer.read() == server.body


def test_one_answer_inside_is_enough_to_refuse(server, monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, server.port)) for one in (PUBLIC, "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: both)
    assert failure_of(server.address(host=NAME), who=Who(("http",))) == Failure.ADDRESS


def test_no_proxy_of_the_environment_is_asked(server, monkeypatch):
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.address("/"))
        fetch(server.address())
        assert proxy.asked == []


# -- what is answered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "failure"),
    [
        ("error", Failure.SERVER),
        ("gone", Failure.REFUSED),
        ("huge", Failure.TOO_LARGE),
        ("endless", Failure.TOO_LARGE),
        ("bomb", Failure.ENCODED),
        ("cut", Failure.UNREACHABLE),
        ("hang", Failure.SLOW),
        ("drip", Failure.SLOW),
        ("drip_head", Failure.SLOW),
    ],
)
def test_why_it_was_not_fetched(server, mode, failure):
    server.mode = mode
    limits = QUICK if failure == Failure.SLOW else PATIENT
    assert failure_of(server.address(), limits=limits) == failure


@pytest.mark.parametrize("etag", ["a\x00b", "é", "\x7f"])
def test_an_odd_mark_is_none(server, etag):
    server.etag = etag
    assert fetch(server.address()).etag == ""


def test_nobody_there(server):
    with serving() as gone:
        address = gone.address()
    assert failure_of(address) == Failure.UNREACHABLE
    assert failure_of("http://no-such-host.invalid/") == Failure.UNREACHABLE


def test_what_has_not_changed_is_not_sent_again(server):
    first = fetch(server.address())
    assert first.etag == '"1"'
    assert fetch(server.address(), etag=first.etag).body is None
    server.etag = '"2"'
    assert fetch(server.address(), etag=first.etag).body == server.body


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("/a b/ü.ics", "/a%20b/%C3%BC.ics"),
        ("/a%20b?c=d e&f", "/a%20b?c=d%20e&f"),
        ("/a?b#c", "/a?b"),
        ("", "/"),
        ("/a\r\nX-Evil: 1", "/aX-Evil:%201"),
    ],
)
def test_the_address_is_written_as_it_has_to_be(server, typed, asked):
    fetch(server.address(typed))
    assert server.asked[0][0] == asked
    assert "X-Evil" not in server.asked[0][1]


# -- TLS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls(server, tmp_path):
    """The same server behind a certificate for ``localhost``; gives its port and the certificate."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    name = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *name], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    names = []
    context.sni_callback = lambda sock, name, context: names.append(name)

    def answer():
        while True:
            try:
                plain, _address = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as sock:
                        sock.recv(65536)
                        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                except OSError:
                    continue

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield listener.getsockname()[1], certificate, names
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_certificate_must_be_known_and_for_that_name(tls, monkeypatch):
    port, certificate, names = tls
    who = Who(internal_hosts={"localhost", "127.0.0.1"})
    assert failure_of(f"https://localhost:{port}/", who=who) == Failure.CERTIFICATE  # nobody vouches for it
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(fetching.ssl, "create_default_context", lambda: trusting)
    assert fetch(f"https://localhost:{port}/", who=who).body == b"hello"
    assert names[-1] == "localhost"
    assert failure_of(f"https://127.0.0.1:{port}/", who=who) == Failure.CERTIFICATE  # another name


def test_who_never_shakes_hands_is_left(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        who = Who(internal_hosts={"localhost"})
        assert failure_of(f"https://localhost:{port}/", who=who, limits=QUICK) == Failure.SLOW


def test_the_timer_ends_a_read_that_goes_on(server):
    """The negative control: without it the same server holds a reader for as long as it likes."""
    server.mode = "drip"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/")
    response = connection.getresponse()
    read = response.read(60)
    connection.close()
    assert len(read) == 60  # three seconds of one byte each, none of them a silence, and more to come
