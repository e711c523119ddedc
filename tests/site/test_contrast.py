"""Every text of every page can be read: a contrast of 4.5:1 or more, in the light and in the dark.

WCAG 2.2, 1.4.3: (L + 0.05) / (l + 0.05) for the relative luminances of text and ground. The ground
is what the backgrounds of the elements around a text make of each other, half-transparent ones
included; text counts with its opacity. MathJax draws formulas in the colour of the text around
them. Pictures are not looked into.
"""

import pytest
from book_contents import CONTENTS

LEAST = 4.5

POOR = """least => {
  document.querySelectorAll('details').forEach(details => (details.open = true));
  const still = document.createElement('style');  // no colour on its way to another one
  still.textContent = '* { transition: none !important }';
  document.head.append(still);
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const parse = colour => {  // of any notation that CSS knows
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], ground) =>
    [r, g, b].map((value, i) => value * a + ground[i] * (1 - a));
  const grounds = new Map();
  const ground = element => {
    if (!element) return parse(getComputedStyle(document.documentElement)
      .getPropertyValue('--pst-color-background') || 'white').slice(0, 3);
    if (!grounds.has(element)) {
      const own = parse(getComputedStyle(element).backgroundColor);
      grounds.set(
        element, own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement)));
    }
    return grounds.get(element);
  };
  const luminance = colour => {
    const [r, g, b] = colour.map(value => value / 255).map(
      value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const opacity = element =>
    element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const elements = new Set();
  while (texts.nextNode()) {
    if (texts.currentNode.textContent.trim()) elements.add(texts.currentNode.parentElement);
  }
  document.querySelectorAll('mjx-container').forEach(each => elements.add(each));
  let lowest = 99, count = 0;
  const poor = {};
  for (const element of elements) {
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    if (element.closest('svg, script, style, noscript, mjx-container mjx-assistive-mml')) continue;
    const below = ground(element);
    const [r, g, b, a] = parse(getComputedStyle(element).color);
    const text = over([r, g, b, a * opacity(element)], below);
    const [high, low] = [luminance(text), luminance(below)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    lowest = Math.min(lowest, ratio);
    count += 1;
    if (ratio < least) {
      const name = [element.tagName.toLowerCase(), ...element.classList].join('.');
      poor[`${ratio.toFixed(2)} ${element.parentElement.className} > ${name}`] ??=
        element.textContent.trim().slice(0, 40);
    }
  }
  return {lowest, count, poor};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(site, visit, scheme):
    reader = visit(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    poor, lowest, count = [], 99, 0
    for name in [*CONTENTS, "genindex", "search", "py-modindex", "prf-prf"]:
        found = reader.open(site / f"{name}.html").evaluate(POOR, LEAST)
        lowest, count = min(lowest, found["lowest"]), count + found["count"]
        poor += [f"{name}: {where}: {text}" for where, text in found["poor"].items()]
    print(f"{scheme}: {count} texts, the lowest contrast is {lowest:.2f}")
    assert not poor, "\n".join(poor)
    assert count > 10_000
