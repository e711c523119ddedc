"""The monthly run executes every chapter once, those that report on others last."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
STEPS = yaml.safe_load((ROOT / ".github" / "workflows" / "newest.yml").read_text("utf8"))["jobs"][
    "newest"
]["steps"]


def test_what_reports_on_others_runs_after_them(tmp_path):
    (step,) = (step for step in STEPS if step.get("name") == "Every chapter")
    told = step["run"].replace("python book/execute.py", "echo chapter")
    done = subprocess.run(["bash", "-e", "-c", told.replace("report.txt", str(tmp_path / "out"))],
                          cwd=ROOT, check=True, capture_output=True, text=True)  # fmt: skip
    order = re.findall(r"^chapter (book/\S+\.ipynb)", done.stdout, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text("utf8")
    reports = re.search(r"^REPORTS := (.*)$", makefile, re.MULTILINE)[1].split()
    assert order[-len(reports) :] == reports
    assert sorted(order) == sorted(f"book/{path.name}" for path in ROOT.glob("book/*.ipynb"))
