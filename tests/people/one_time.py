"""A phone's authenticator app: the numbers of RFC 6238, counted apart from the code under test."""

import base64
import hashlib
import hmac
import struct

# What app and portal take for now: no number changes between being shown and being typed in.
AT = 1_800_000_000.0


def number(secret: str, at: float = AT) -> str:
    """The six digits that an app shows for this key."""
    counter = int(at // 30)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
