"""A panel's settings: a frozen dataclass, made from keyword arguments and written as such."""

import inspect
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar


class AnyDataclass(Protocol):
    """What `dataclasses.fields` and `replace` take."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


SettingsType = TypeVar("SettingsType", bound=AnyDataclass)


def require_names(names: Iterable[str], allowed: Iterable[str]) -> None:
    """See that all these can be set: a panel is made with any setting, and then changed where there is a control.

    Raises:
        TypeError: one cannot.
    """
    there_are = list(allowed)
    for name in names:
        if name not in there_are:
            raise TypeError(f"there is no {name!r} to set; there are {', '.join(there_are)}")


def with_keywords_of(kind: type, panel: type) -> None:
    """Let Tab and help() show a panel's settings, each by its name, where its constructor has `**settings`."""
    _, *written = inspect.signature(panel.__init__).parameters.values()  # type: ignore[misc]
    own = [each for each in written if each.kind is not each.VAR_KEYWORD]
    chosen = inspect.signature(kind).parameters.values()
    own += [each.replace(kind=each.KEYWORD_ONLY) for each in chosen]
    panel.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]


def arguments(settings: Any, kind: type | None = None, *, without: str = "") -> str:
    """How a call writes settings: all of them, or those that a more general kind has; `without` leaves one out.

    >>> from lesson_lib.experiment.settings import Settings
    >>> arguments(Settings(batch_size=32, sampling="sorted"))
    "batch_size=32, epochs=10, learning_rate=0.05, seed=0, sampling='sorted'"
    >>> arguments(Settings(), without="epochs")
    "batch_size=32, learning_rate=0.05, seed=0, sampling='reshuffle'"
    """
    names = [field.name for field in fields(kind or type(settings)) if field.name != without]
    return ", ".join(f"{name}={getattr(settings, name)!r}" for name in names)


def run_in_code(name: str, made_by: str, *lines: str) -> str:
    """A program that makes the same run as a panel; nothing where no call makes what the run learns.

    >>> print(run_in_code("line", "make_line_fit(64, seed=0)", "print(line.edge)"))
    import lesson_lib as ll
    line = ll.make_line_fit(64, seed=0)
    print(line.edge)

    Args:
        name: what the program calls the dataset or the line.
        made_by: the call that makes it; empty where it was made of the learner's own arrays.
        lines: what comes then.
    """
    return "\n".join(["import lesson_lib as ll", f"{name} = ll.{made_by}", *lines]) if made_by else ""
