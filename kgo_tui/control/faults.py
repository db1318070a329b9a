"""Errors across the socket: the worker's error arrives at the client as the same class.

Owns the mapping between `core.errors` and its form on the wire. Must not know who raised what.
"""

from __future__ import annotations

from kgo_tui.control.protocol import Fault
from kgo_tui.core import errors
from kgo_tui.core.errors import KgoError

DEFECT = Fault(kind=KgoError.__name__, message="the worker failed at this; its log says why")
"""What a client is told of an exception that is no KgoError: its text may hold anything."""

_OWN = frozenset({"message", "hint"})


def to_wire(error: KgoError) -> Fault:
    """The error with its message, hint and the fields of its class."""
    details = {name: value for name, value in vars(error).items() if name not in _OWN and _plain(value)}
    return Fault(kind=type(error).__name__, message=error.message, hint=error.hint, details=details)


def from_wire(fault: Fault) -> KgoError:
    """The same error again; plain KgoError for a class that this version does not know."""
    kind = known().get(fault.kind, KgoError)
    error = kind.__new__(kind)
    KgoError.__init__(error, fault.message, hint=fault.hint)
    vars(error).update(fault.details)
    return error


def known() -> dict[str, type[KgoError]]:
    """The classes of the error tree by name."""
    tree = (value for value in vars(errors).values() if isinstance(value, type))
    return {kind.__name__: kind for kind in tree if issubclass(kind, KgoError)}


def _plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, str | int)
