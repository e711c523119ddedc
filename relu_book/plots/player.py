"""The frame player: sliders over precomputed pictures in plain HTML, without library or network.

A player holds one picture for every combination of its sliders' values, in the order of
``itertools.product``: the frame of the values with indices i, j, ... lies at (i * n_j + j) * ... .
It is a ``<div>`` with an ``<img>``, native inputs (arrow keys work by themselves: a range for
numbers, radio buttons for a few names), buttons for presets, a button that plays one slider, the
frames as base64 in a JSON block, and a script of about 2 kB. No element has an id, so any number of
players share a page. Without JavaScript the start frame stands there with its alt text; where a
reader prefers reduced motion, the play button goes one step at a time. On a phone the whole picture
fits the screen (a tap shows it in full size), and the controls stay in sight below it.
"""

import base64
import hashlib
import html
import io
import itertools
import json
import re
from collections.abc import Mapping, Sequence

from PIL import Image

from relu_book.plots.style import READABLE
from relu_book.plots.words import Words

MOST_BUTTONS = 8

_STYLE = """
.relu-explore{margin:1rem 0}
.relu-explore>div:first-of-type{overflow-x:auto}
.relu-explore img{display:block;width:100%;height:auto;background:#fff;border-radius:.3rem}
.relu-explore [data-slider]{display:flex;gap:.6rem;align-items:center;margin:.3rem 0;padding:0;
border:0;min-width:0}
.relu-explore [data-slider]>span{flex:0 0 28%}
.relu-explore [type=range]{flex:1;min-width:0;height:1.8rem;accent-color:#0072b2}
.relu-explore output{flex:0 0 22%;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.relu-explore [role=radiogroup]>div{display:flex;flex-wrap:wrap;gap:.3rem}
.relu-explore [type=radio]{position:absolute;opacity:0}
.relu-explore :is(button,[type=radio]+span){font:inherit;font-size:.85em;color:inherit;
background:none;cursor:pointer;border:1px solid currentColor;border-radius:.3rem;
padding:.25rem .6rem;display:inline-block}
.relu-explore button{margin:.3rem .3rem 0 0}
.relu-explore :is(button[aria-pressed=true],:checked+span){background:#0072b2;
border-color:#0072b2;color:#fff}
.relu-explore :focus-visible+span{outline:3px solid #56b4e9;outline-offset:1px}
@media(min-width:601px){.relu-explore img{min-width:var(--readable)}}
@media(max-width:600px){.relu-explore.full img{min-width:var(--readable)}
.relu-explore [data-controls]{position:sticky;bottom:0;padding:.2rem 0;
background:var(--pst-color-background,Canvas)}}
"""

_SCRIPT = """
(() => {
const root = document.querySelector('[data-player="PLAYER"]:not([data-ready])');
if (!root) return;
root.dataset.ready = '';
const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
const image = root.querySelector('img');
const form = root.querySelector('form');
// One control a slider, with the same two words for both kinds.
const controls = [...root.querySelectorAll('[data-slider]')].map((slider, i) => {
  const inputs = [...slider.querySelectorAll('input')];
  const range = inputs[0].type === 'range' && inputs[0];
  return {
    last: data.labels[i].length - 1,
    get at() { return range ? +range.value : inputs.findIndex(input => input.checked); },
    set at(value) {
      if (range) range.value = value;
      else inputs[value].checked = true;
    },
    tell() {
      if (!range) return;
      const text = data.labels[i][range.value];
      range.setAttribute('aria-valuetext', text);
      range.nextElementSibling.textContent = text;
    },
  };
});
const presets = [...root.querySelectorAll('[data-preset]')];
const play = root.querySelector('[data-play]');
const still = matchMedia('(prefers-reduced-motion: reduce)');
let timer = 0;
const show = () => {
  let index = 0;
  controls.forEach(control => {
    index = index * (control.last + 1) + control.at;
    control.tell();
  });
  image.src = 'data:image/webp;base64,' + data.frames[index];
  image.alt = data.alts[index];
  presets.forEach((button, i) => button.setAttribute('aria-pressed',
    data.presets[i].every((value, j) => value < 0 || value === controls[j].at)));
};
const stop = () => {
  clearInterval(timer);
  timer = 0;
  play.textContent = (still.matches ? 'Step: ' : 'Play: ') + data.play;
};
const moved = controls[play.dataset.play];
const step = () => {
  if (!still.matches && moved.at === moved.last) return stop();
  moved.at = moved.at === moved.last ? 0 : moved.at + 1;
  show();
};
play.onclick = () => {
  if (timer) return stop();
  if (still.matches) return step();
  if (moved.at === moved.last) moved.at = 0, show();
  timer = setInterval(step, 700);
  play.textContent = 'Pause';
};
form.oninput = () => { stop(); show(); };
form.onsubmit = () => false;
image.onclick = () => root.classList.toggle('full');
presets.forEach((button, i) => button.onclick = () => {
  stop();
  data.presets[i].forEach((value, j) => { if (value >= 0) controls[j].at = value; });
  show();
});
// JupyterLab would take arrow keys for its own, and leave the slider.
root.onkeydown = event => { if (event.target.form === form) event.stopPropagation(); };
form.hidden = false;
stop();
show();
})();
"""


class FramePlayer:
    """Sliders over frames, as the published page and the stored notebook show them.

    Args:
        labels: what stands beside each slider, and the text of each of its values, in order.
        frames: WebP files, one for every combination, in the order of ``itertools.product``.
        alts: alt text, one a frame.
        start: index of the first value of each slider.
        presets: name of a button -> index of a value for each slider, -1 where it stays.
        play: index of the slider that the play button moves.
        words: of the whole player, whose caption stands below it.

    Example:
        >>> from relu_book.plots.style import encode_webp
        >>> red, blue = (encode_webp(Image.new("RGB", (8, 8), c)) for c in ("red", "blue"))
        >>> player = FramePlayer({"colour": ["red", "blue"]}, [red, blue], ["red", "blue"], [1])
        >>> [(values, image.getpixel((0, 0))) for values, _, image in read_player(player.html())]
        [({'colour': 'red'}, (255, 0, 0)), ({'colour': 'blue'}, (0, 0, 255))]
    """

    def __init__(
        self,
        labels: Mapping[str, Sequence[str]],
        frames: Sequence[bytes],
        alts: Sequence[str],
        start: Sequence[int],
        presets: Mapping[str, Sequence[int]] | None = None,
        play: int = 0,
        words: Words | None = None,
    ):
        self.labels = {name: list(texts) for name, texts in labels.items()}
        self.frames, self.alts = list(frames), list(alts)
        self.start, self.presets, self.play = list(start), dict(presets or {}), play
        self.words = words or Words(self.alts[0])

    def html(self) -> str:
        """The player as one self-contained piece of HTML; equal players give equal text."""
        encoded = [base64.b64encode(frame).decode() for frame in self.frames]
        names = list(self.labels)
        data = {
            "names": names,
            "labels": list(self.labels.values()),
            "presets": [list(values) for values in self.presets.values()],
            "play": names[self.play],
            "alts": self.alts,
            "frames": encoded,
        }
        # "<" is written as \u003c: no text in the data can end the script block.
        block = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
        key = hashlib.sha256(block.encode()).hexdigest()[:12]
        index = 0
        for texts, position in zip(self.labels.values(), self.start, strict=True):
            index = index * len(texts) + position
        width, height = Image.open(io.BytesIO(self.frames[index])).size
        sliders = "".join(
            _control(number, name, texts, position)
            for number, ((name, texts), position) in enumerate(
                zip(self.labels.items(), self.start, strict=True)
            )
        )
        buttons = "".join(
            f'<button type="button" data-preset aria-pressed="false">{html.escape(name)}</button>'
            for name in self.presets
        )
        return self.words.around(
            f'<div class="relu-explore" data-player="{key}" style="max-width:{max(width, 320)}px" '
            f'role="group" '
            f'aria-label="Picture with sliders for {html.escape(", ".join(names))}">'
            f"<style>{_STYLE.strip()}</style>"
            f'<div><img alt="{html.escape(self.alts[index])}" width="{width}" height="{height}" '
            f'style="--readable:{width * READABLE:.0f}px" '
            f'decoding="sync" src="data:image/webp;base64,{encoded[index]}"></div>'
            f'<form data-controls autocomplete="off" hidden>{sliders}'
            f'<button type="button" data-play="{self.play}">Play</button>{buttons}</form>'
            f'<script type="application/json">{block}</script>'
            f"<script>{_SCRIPT.strip().replace('PLAYER', key)}</script></div>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> Mapping[str, str]:
        sliders = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in self.labels.items())
        return {
            "text/plain": f"{len(self.frames)} frames ({sliders})",
            "text/html": self.html(),
        }


def _control(number: int, name: str, texts: Sequence[str], position: int) -> str:
    """A range for numbers and for many names, buttons for a few names."""
    name, start = html.escape(name), html.escape(texts[position])
    if len(texts) > MOST_BUTTONS or all(map(_is_number, texts)):
        return (
            f"<label data-slider><span>{name}</span>"
            f'<input type="range" min="0" max="{len(texts) - 1}" step="1" value="{position}" '
            f'autocomplete="off" aria-valuetext="{start}"><output>{start}</output></label>'
        )
    # Radio buttons of one name exclude each other within their form, so players do not meddle.
    buttons = "".join(
        f'<label><input type="radio" name="{number}"{" checked" if i == position else ""}>'
        f"<span>{html.escape(text)}</span></label>"
        for i, text in enumerate(texts)
    )
    return (
        f'<div data-slider role="radiogroup" aria-label="{name}"><span>{name}</span>'
        f"<div>{buttons}</div></div>"
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_player(page: str) -> list[tuple[dict[str, str], str, Image.Image]]:
    """The frames of every player in a piece of HTML, for tests that compare them.

    Args:
        page: HTML with any number of players, as ``FramePlayer.html`` writes it.

    Returns:
        A list of (text of each slider's value, alt text, RGB image), in the order of the page.

    Example:
        >>> read_player("<p>no player here</p>")
        []
    """
    pattern = r'<div class="relu-explore".*?<script type="application/json">(.*?)</script>'
    frames = []
    for block in re.findall(pattern, page, flags=re.DOTALL):
        data = json.loads(block)
        for texts, alt, frame in zip(
            itertools.product(*data["labels"]), data["alts"], data["frames"], strict=True
        ):
            image = Image.open(io.BytesIO(base64.b64decode(frame))).convert("RGB")
            frames.append((dict(zip(data["names"], texts, strict=True)), alt, image))
    return frames
