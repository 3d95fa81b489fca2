"""What the fault benches share: a run's folder, its parties as processes, and whether it ended as it should."""

import hashlib
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 120  # seconds a run may take


def parties_of(run):
    text = (run / "scenario.ini").read_text()
    return re.findall(r"^\[party ([^\]]+)\]", text, re.M)


def command(privet, run, party):
    folder = run / "parties" / party
    return [privet, "party", str(run / "scenario.ini"), "--as", party, "--local",
            str(folder / "local.ini"), "--out", str(folder), "--quiet"]


def start(words, run, party):
    with open(run / "parties" / party / "log.txt", "ab") as log:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights(run):
    found = sorted(run.glob("parties/*/model.safetensors"))
    return [digest(path) for path in found]


def views_agree(privet, run):
    views = sorted(run.glob("parties/*/view.pvv"))
    server = [v for v in views if v.parent.name == "server"]
    for view in views:
        words = [privet, "view", str(view), "--quiet"]
        if server and view != server[0]:
            words = [privet, "view", "--cross", str(server[0]), str(view), "--quiet"]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            return f"{view.parent.name}: {done.stderr.strip()}"
    return ""


def prepare(privet, scenario, run, seed):
    """A folder with keys and local files, without starting anything."""
    subprocess.run([privet, "run", str(scenario), "--out", str(run), "--prepare", "--quiet", "--seed",
                    str(seed)], check=True,
                   stdout=subprocess.DEVNULL)


def watch(run, running, begun, on_end):
    """Until all processes have ended, one went wrong or time is up; on_end(party, code) says what to make of one
    that ended: a new process, "" or what is wrong. Returns what went wrong."""
    wrong = ""
    while running and not wrong:
        time.sleep(0.01)
        for party, process in list(running.items()):
            code = process.poll()
            if code is None:
                continue
            del running[party]
            verdict = on_end(party, code)
            if isinstance(verdict, subprocess.Popen):
                running[party] = verdict
            elif verdict:
                wrong = verdict
        if time.monotonic() - begun > LIMIT:
            wrong = "still running after %d s: %s" % (LIMIT, ", ".join(running))
    for process in running.values():
        process.kill()
        process.wait()
    return wrong


def complaint(run, party, code):
    tail = (run / "parties" / party / "log.txt").read_text()[-300:]
    return f"{party} ended with {code}: {tail.strip()}"


def verdict(privet, run, expected):
    """What is wrong with a run that has ended; "" when nothing is."""
    return "other weights" if weights(run) != expected else views_agree(privet, run)
