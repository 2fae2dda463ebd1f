"""A widget on an empty page: its model remembers what the page says, and is told what the kernel would tell it."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from anywidget import AnyWidget
from PIL import Image
from playwright.sync_api import Locator, Page

HOST = Path(__file__).with_name("host.js").read_text("utf-8")


OUTLINE = """node => {
    const withoutChance = text => text.replace(/mbl-[0-9a-z]{9,}/g, "ID");
    const skipped = /^(class|value|hidden|disabled|checked|width|height|data-lm-suppress-shortcuts)$/;
    const visit = (node, depth) => {
        const attributes = [...node.attributes].filter(({ name }) => !skipped.test(name));
        const states = ["hidden", "disabled", "checked"].filter(name => node[name] === true);
        const keys = node.dataset.lmSuppressShortcuts === "true" ? ["keys"] : [];
        const has = "value" in node && !/^(BUTTON|PRE)$/.test(node.tagName) && node.type !== "radio";
        const texts = [...node.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
        const words = [
            [node.localName, ...node.classList].join("."),
            ...attributes.map(({ name, value }) => `${name}=${withoutChance(value)}`).sort(),
            ...(has ? [`value=${node.value}`] : []),
            ...states, ...keys,
            ...texts.filter(({ data }) => data).map(({ data }) => `"${data}"`),
        ];
        return [" ".repeat(2 * depth) + words.join(" "), ...[...node.children].flatMap(part => visit(part, depth + 1))];
    };
    return visit(node, 0);
}"""
"""Each element on a line of its own, with its attributes, the state that it is in, and what is written in it."""


class Text(NamedTuple):
    """A text that was put on the canvas, in CSS pixels; `bottom` differs from `top` where it is turned."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    font: str


def encoded(value: object) -> object:
    """A trait's value as JSON, with bytes as text."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: encoded(part) for name, part in value.items()}
    return [encoded(part) for part in value] if isinstance(value, list | tuple) else value


def state_of(frame: AnyWidget) -> dict[str, object]:
    """The traits that the page sees, without those of anywidget itself."""
    return {name: value for name, value in frame.get_state().items() if not name.startswith("_")}


class Sheet(NamedTuple):
    """A picture in one width, and every text on it."""

    width: float
    height: float
    texts: list[Text]


class Widget:
    """A widget, shown in some views on a page."""

    def __init__(self, page: Page, frame: AnyWidget, views: int = 1) -> None:
        self.page = page
        self.frame = frame
        self._told = state_of(frame)
        self._said: list[Any] = []
        self._presence: list[Any] = []
        page.mouse.move(1270, 890)
        self._host("show", frame._esm, frame._css, encoded(self._told), views)

    def _host(self, function: str, *arguments: object) -> Any:
        """What a function of the page's host returns. As text: Playwright would look at each number of a picture."""
        call = "async ([name, text]) => JSON.stringify((await host[name](...JSON.parse(text))) ?? null)"
        return json.loads(self.page.evaluate(call, [function, json.dumps(arguments)]))

    @property
    def root(self) -> Locator:
        return self.page.locator(".mbl-frame")

    @property
    def canvas(self) -> Locator:
        return self.root.locator("canvas")

    def outline(self) -> list[str]:
        """Its elements, one on each line; see `OUTLINE`."""
        return list(self.root.first.evaluate(OUTLINE))

    def tell(self, **changes: object) -> list[Text]:
        """Set traits as the kernel does; returns the texts that this has drawn."""
        return _texts(self._host("update", encoded(changes)))

    def in_widths(self, picture: Mapping[str, object], widths: Sequence[float]) -> list[Sheet]:
        """Show a picture in some widths, one after the other."""
        found = self._host("inWidths", encoded(picture), widths)
        return [Sheet(sheet["width"], sheet["height"], _texts(sheet["texts"])) for sheet in found]

    def trait(self, name: str) -> Any:
        """What the page's model holds."""
        return self.page.evaluate("name => model.state[name]", name)

    def sent(self) -> list[Any]:
        """What the page has said since this was asked last."""
        self._hear()
        said, self._said = self._said, []
        return said

    def presence(self) -> list[Any]:
        """What the page has ever said of where the widget is shown, and whether it is seen."""
        self._hear()
        return self._presence

    def _hear(self) -> None:
        for content in self.page.evaluate("() => host.sent()"):
            (self._said if content.keys().isdisjoint({"views", "seen"}) else self._presence).append(content)

    def answer(self) -> None:
        """Let the kernel's half hear what the page has said, and the page what has become of it."""
        for content in self.sent():
            self.frame._handle_custom_msg(content, [])
        state = state_of(self.frame)
        self.tell(**{name: value for name, value in state.items() if value != self._told[name]})
        self._told = state

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.page.evaluate("() => host.drawn()")

    def pixels(self) -> np.ndarray:
        """The canvas, row by row, as red, green and blue."""
        self.settle()
        url = self.canvas.first.evaluate("canvas => canvas.toDataURL('image/png')")
        file = BytesIO(base64.b64decode(url.partition(",")[2]))
        return np.asarray(Image.open(file).convert("RGB")).astype(int)

    @contextmanager
    def in_theme(self, colors: Mapping[str, str]) -> Iterator[None]:
        """The page has these colours, as JupyterLab names them without "--jp-"."""
        setting = "to => { for (const [name, color] of to) document.body.style.setProperty(`--jp-${name}`, color); }"
        self.page.evaluate(setting, list(colors.items()))
        try:
            yield
        finally:
            self.page.evaluate("() => document.body.removeAttribute('style')")

    def close(self) -> None:
        """Take all views off the page."""
        self.page.evaluate("async () => { for (const end of ends.splice(0)) await end(); }")

    def alive(self) -> dict[str, int]:
        """What listens or observes still."""
        return dict(self.page.evaluate("() => ({ model: model.numListeners, ...host.alive })"))


def _texts(drawn: list[dict[str, Any]]) -> list[Text]:
    return [Text(**text) for text in drawn]
