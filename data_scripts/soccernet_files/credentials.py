"""Token and password, taken from the environment when they are needed and never kept, printed or put into a message."""

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from course_lib.files import InputError

__all__ = ["AGREEMENT", "PASSWORD_VARIABLE", "TOKEN_VARIABLE", "check_endpoint", "password", "token"]

TOKEN_VARIABLE, PASSWORD_VARIABLE = "HF_TOKEN", "SOCCERNET_PASSWORD"
AGREEMENT = (
    "sign SoccerNet's agreement at https://www.soccer-net.org/data and ask for access at "
    "https://huggingface.co/datasets/{repository}"
)
"""How to come by the data, as the middle of a sentence."""


def token() -> str | bool:
    """The hub's token, or False: ask without one. A token that another program has stored is not used.

    Raises:
        InputError: it holds something that no token holds; sent as it is, an error message might quote it.
    """
    value = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not all("!" <= letter <= "~" for letter in value):
        raise InputError(f"{TOKEN_VARIABLE} holds blanks or strange letters; expected a token of the hub")
    return value or False


def password() -> str | None:
    """The password of the videos, which comes with the agreement; None if it is not set."""
    return os.environ.get(PASSWORD_VARIABLE) or None


def check_endpoint(endpoint: str) -> str:
    """The address of a hub, without a slash at its end.

    Raises:
        InputError: it is no address, or one where a token would travel in the clear.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise InputError("--endpoint is no address of a hub; expected one like https://huggingface.co")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise InputError(f"--endpoint is http://{parts.hostname}, where a token can be read on its way; expected https")
    return endpoint.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
