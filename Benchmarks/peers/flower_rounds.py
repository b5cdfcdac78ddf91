#!/usr/bin/env python3
"""Simulated rounds of hosts that do not train, of Flower and Caravan in turns.

Flower's clients return the arrays that they got, to FedAvg; its rounds are timed from one configuration to the next, the median of all
but the first, which waits for its workers. Caravan's hosts send updates of zeros but for one in a hundred, and are judged; all versions
of a run are timed, the first among them. A process of its own for each measurement.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("caravan", nargs="?", help="the program; left out, Flower's rounds are timed once")
arguments.add_argument("recipe", nargs="?", help="what it simulates")
arguments.add_argument("--turns", type=int, default=5)
arguments.add_argument("--clients", type=int, default=100)
arguments.add_argument("--parameters", type=int, default=10_000)
arguments.add_argument("--rounds", type=int, default=20, help="of Flower; Caravan makes its recipe's versions")
options = arguments.parse_args()


def flower_rounds():
    """Rounds a second of one simulation in this process and its workers."""
    import numpy
    from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.serverapp.strategy import FedAvg
    from flwr.simulation import run_simulation

    client, server, begun, ended = ClientApp(), ServerApp(), [], []

    @client.train()
    def train(message, context):
        content = RecordDict({"arrays": message.content["arrays"], "metrics": MetricRecord({"num-examples": 1})})
        return Message(content=content, reply_to=message)

    class Timed(FedAvg):
        def configure_train(self, *given, **named):
            begun.append(time.perf_counter())
            return super().configure_train(*given, **named)

        def aggregate_train(self, *given, **named):
            result = super().aggregate_train(*given, **named)
            ended.append(time.perf_counter())
            return result

    @server.main()
    def main(grid, context):
        strategy = Timed(
            fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=options.clients,
            min_available_nodes=options.clients)
        weights = numpy.zeros(options.parameters, dtype=numpy.float32)
        strategy.start(
            grid=grid, initial_arrays=ArrayRecord({"weights": Array(weights)}), num_rounds=options.rounds, timeout=600)

    run_simulation(server, client, num_supernodes=options.clients)
    seconds = [later - earlier for earlier, later in zip(begun, begun[1:] + ended[-1:])]
    return 1 / statistics.median(seconds[1:])


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr[-2000:]}")
    return done.stdout


def caravan_versions():
    """Versions a second of one simulation."""
    found = re.search(
        r"version (\d+) in ([0-9.]+) s",
        output(
            options.caravan, "simulate", options.recipe, "--hosts", str(options.clients), "--cheats", "0.99:zero",
            "--unit-minutes", "0.1"))
    return int(found[1]) / float(found[2])


if options.caravan is None:
    print(f"rounds={flower_rounds()}")
    sys.exit()
ratios = []
for turn in range(options.turns):
    this = [sys.executable, __file__, "--clients", options.clients, "--parameters", options.parameters, "--rounds", options.rounds]
    flower = float(re.search(r"rounds=([0-9.]+)", output(*map(str, this)))[1])
    caravan = caravan_versions()
    ratios.append(caravan / flower)
    print(f"turn {turn + 1}: Flower {flower:.2f} rounds/s, Caravan {caravan:.1f} versions/s, {ratios[-1]:.1f} times", flush=True)
print(f"median {statistics.median(ratios):.1f} times, {min(ratios):.1f} to {max(ratios):.1f}")
