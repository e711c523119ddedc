"""The page on counting patterns does what it says: its code runs and prints what stands there."""

import re
import socket
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "book" / "use_patterns.md"
BLOCK = re.compile(r"^```(python|text|console)\n(.*?)^```", re.M | re.S)


def test_the_page_on_patterns_does_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": 0, "WORLD_SIZE": 1}
    for name, value in told.items():  # what torchrun sets, for one process
        monkeypatch.setenv(name, str(value))
    names: dict[str, object] = {}
    shown = 0
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), names)
        elif kind == "text":
            found = capsys.readouterr().out
            assert OutputChecker().check_output(text, found, ELLIPSIS), f"{text}\n---\n{found}"
            shown += 1
    assert capsys.readouterr().out == ""  # nothing is printed that the page does not show
    assert shown == 10
    assert [path.name for path in tmp_path.iterdir()] == ["first_site.npz"]
