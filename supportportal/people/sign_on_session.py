"""How the provider of the single sign-on is asked: never without end, however much it says and however slowly."""

import io
import socket
import threading
import time
from contextlib import ExitStack, closing, suppress
from contextvars import ContextVar
from typing import Any

from requests import PreparedRequest, Response, Timeout
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

SECONDS = 10.0  # for one answer, from the connection to its last byte
BYTES = 1024 * 1024


class TooLarge(RequestException):
    pass


_open: ContextVar[ExitStack] = ContextVar("_open")


class _Ending:
    """A connection that ends by itself when time is up: the timeout of a socket is for each silence alone."""

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        same = _open.get().enter_context(sock.dup())  # TLS takes the first one over
        end = threading.Timer(SECONDS, _shut, [same])
        _open.get().callback(end.cancel)
        end.daemon = True
        end.start()
        return sock


class _Plain(_Ending, HTTPConnection):
    pass


class _Secure(_Ending, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class BoundedAdapter(HTTPAdapter):
    """Hands on whole answers within SECONDS and BYTES, and raises a RequestException for any other.

    Packed ones are refused, since what unpacks can become anything.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        until = time.monotonic() + SECONDS
        request.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
        with ExitStack() as is_open:
            before = _open.set(is_open)
            is_open.callback(_open.reset, before)
            response = is_open.enter_context(closing(super().send(request, *args, **kwargs)))
            if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
                raise ContentDecodingError(response=response)
            try:
                body = response.raw.read(BYTES + 1, decode_content=False)
            except HTTPError as error:
                raise ChunkedEncodingError(error, response=response) from error
        if time.monotonic() >= until:  # what was read to its early end looks complete
            raise Timeout(response=response)
        if len(body) > BYTES:
            raise TooLarge(response=response)
        response.raw = io.BytesIO(body)
        return response


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):  # ended a moment before
        sock.shutdown(socket.SHUT_RDWR)
