"""The page on counting patterns does what it says: its code runs and prints what stands there."""

import socket

from guide_pages import run_guide


def test_the_page_on_patterns_does_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "RANK": 0, "WORLD_SIZE": 1}
    for name, value in told.items():  # what torchrun sets, for one process
        monkeypatch.setenv(name, str(value))
    assert run_guide("use_patterns.md", capsys)[1] == 10
    assert [path.name for path in tmp_path.iterdir()] == ["first_site.npz"]
