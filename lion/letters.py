"""Look here if you want to know what a service needs to exchange letters with others: how it is
let in by its Redis, and its key.

Rule: a secret goes where the operator says it may, and nowhere else: what names it may be a
stranger's manifest.
"""

from lion.brokers.redis import Login
from lion.brokers.sealed import Seals
from lion.capabilities.secrets.file import open_vault, variable_of
from lion.capabilities.secrets.vault import Vault
from lion.domain.bus_terms import BusTerms, RedisPlace
from lion.domain.hidden import Hidden
from lion.errors import OperatorError
from lion.settings import Settings


def open_seals(settings: Settings, terms: BusTerms) -> tuple[Login, Seals] | None:
    """Both; None for a bus that stays within its service. Raises OperatorError."""
    place = terms.redis
    if place is None:
        return None
    names = [name for name in (terms.key, terms.password) if name]
    vault = open_vault(settings.secrets, settings.variables, names)
    password = _secret(vault, terms.password, place) if terms.password else None
    login = Login(place=place, user=terms.user, password=password)
    return login, Seals(_secret(vault, terms.key, place))


def _secret(vault: Vault, name: str, place: RedisPlace) -> Hidden:
    if not vault.has(name):
        raise OperatorError(
            f"the secret {name!r} of [service.bus] is bound to no value",
            hint=f"bind it in secrets.toml, or by {variable_of(name)}", status=400,
        )  # fmt: skip
    scheme = "rediss" if place.is_tls else "redis"
    value = vault.hand_for(name, scheme, place.host, place.port)
    if value is None:
        raise OperatorError(
            f"the secret {name!r} is not for {place.origin}, it is for "
            f"{' and '.join(vault.origins(name))}",
            hint=f'if it may be told, add it in secrets.toml: hosts = ["{place.origin}"]',
        )
    return value
