#!/usr/bin/env python3
"""Rounds in which nobody trains, of Flower and Caravan in turns.

simulated   a hundred hosts and ten thousand parameters in one process. Flower's clients return the arrays that they got, to FedAvg;
            the median of its rounds but the first, which waits for its workers. Caravan's hosts send updates of zeros but for one in
            a hundred, and are judged; all versions of a run are timed, the first among them.
processes   a server and ten clients on one machine, 35 million parameters: a `flower-superlink` and ten `flower-supernode`, and
            `caravan-benchmarks rounds`, which downloads whole weights too.

Flower's weights are as many arrays as the model has tensors.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("what", choices=["simulated", "processes"])
arguments.add_argument("--books", help="folder of text files, those that simulations/rounds.yaml names among them")
arguments.add_argument("--turns", type=int, help="five of simulations, one of processes unless told otherwise")
options = arguments.parse_args()

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = REPOSITORY / ".build/release"
APP = REPOSITORY / "Benchmarks/peers/flower"
FLOWER = pathlib.Path(sys.executable).parent
SIMULATED = tomllib.loads((APP / "pyproject.toml").read_text())["tool"]["flwr"]["app"]["config"]
PROCESSES = {"clients": 10, "parameters": 35_300_000, "tensors": 136, "rounds": 3}


def output(*command, **named):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **named)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def flower_simulated(folder, environment):
    """The median seconds of a round."""
    out = folder / "rounds.json"
    code = (
        "from flwr.simulation import run_simulation; import rounds; "
        f"run_simulation(rounds.server, rounds.client, num_supernodes={SIMULATED['clients']})")
    output(
        sys.executable, "-c", code, cwd=APP,
        env=environment | {"ROUNDS_CONFIG": json.dumps(SIMULATED | {"out": str(out)}), "PYTHONPATH": str(APP)})
    return median(out)


def flower_processes(folder, environment):
    out = folder / "rounds.json"
    (folder / "flower").mkdir()
    (folder / "flower/config.toml").write_text(
        '[superlink]\ndefault = "here"\n\n[superlink.here]\naddress = "127.0.0.1:19093"\ninsecure = true\n')
    environment = environment | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    running = []

    def start(*command):
        running.append(
            subprocess.Popen(
                list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    try:
        start(
            FLOWER / "flower-superlink", "--insecure", "--host", "127.0.0.1", "--port", 19093,
            "--disable-runtime-dependency-installation")
        time.sleep(5)
        for number in range(PROCESSES["clients"]):
            start(
                FLOWER / "flower-supernode", "--insecure", "--superlink", "127.0.0.1:19093", "--host", "127.0.0.1",
                "--port", 19200 + number)
        time.sleep(10)
        settings = PROCESSES | {"out": f'"{out}"'}
        output(
            FLOWER / "flwr", "run", APP, "here", "--run-config",
            " ".join(f"{key}={value}" for key, value in settings.items()), env=environment)
        deadline = time.monotonic() + 900
        while not out.exists():
            if time.monotonic() > deadline:
                sys.exit("Flower made no three rounds in 15 minutes")
            time.sleep(0.5)
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait()
    return median(out)


def median(out):
    return statistics.median(json.loads(out.read_text())[1:])


def caravan_simulated(folder):
    recipe = folder / "rounds.yaml"
    recipe.write_text((REPOSITORY / "Benchmarks/simulations/rounds.yaml").read_text())
    (folder / "books").symlink_to(pathlib.Path(options.books).resolve())
    found = re.search(
        r"version (\d+) in ([0-9.]+) s",
        output(
            PROGRAMS / "caravan", "simulate", recipe, "--hosts", SIMULATED["clients"], "--cheats", "0.99:zero",
            "--unit-minutes", "0.1"))
    return float(found[2]) / int(found[1])


def caravan_processes(folder):
    return float(re.search(r" seconds=([0-9.]+)", output(PROGRAMS / "caravan-benchmarks", "rounds"))[1])


if options.what == "simulated" and not options.books:
    arguments.error("simulated needs --books FOLDER")
flower, caravan = {
    "simulated": (flower_simulated, caravan_simulated), "processes": (flower_processes, caravan_processes),
}[options.what]
turns = options.turns or {"simulated": 5, "processes": 1}[options.what]
ratios = []
for turn in range(turns):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        environment = os.environ | {
            "FLWR_HOME": str(folder / "flower"), "FLWR_TELEMETRY_ENABLED": "0", "RAY_USAGE_STATS_ENABLED": "0",
            "PATH": f"{FLOWER}:{os.environ['PATH']}"}
        theirs = flower(folder, environment)
        ours = caravan(folder)
    ratios.append(theirs / ours)
    print(f"turn {turn + 1}: Flower {theirs:.3f} s a round, Caravan {ours:.4f} s: {ratios[-1]:.1f} times", flush=True)
print(f"median {statistics.median(ratios):.1f} times, {min(ratios):.1f} to {max(ratios):.1f}")
