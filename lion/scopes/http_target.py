"""Look here if you want to know what a request is about: a method and a URL, read once."""

import msgspec

from lion.scopes.http_url import Url, parse_method, parse_url


class HttpTarget(msgspec.Struct, frozen=True):
    """What a request is about. `text` is `GET https://host/path`, in normal form."""

    method: str
    url: Url
    text: str

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)


def http_target(method: str, url: Url) -> HttpTarget:
    """The target of a request; both are in normal form."""
    return HttpTarget(method, url, f"{method} {url.text}")


def parse_http_target(method: str, url: str) -> HttpTarget:
    """The target of a request as it was written. Raises BadUrl."""
    return http_target(parse_method(method), parse_url(url))


def read_http_target(text: str) -> HttpTarget:
    """Read the text of one. Raises BadUrl."""
    method, _, url = text.partition(" ")
    return parse_http_target(method, url)
