"""Flower's FedAvg with clients that return the arrays they got, and the seconds of each round.

A round lasts from one configuration to the next, the last one to the end of its aggregation. `ROUNDS_CONFIG` has the settings of
pyproject.toml as JSON where no run has them.
"""
import json
import os
import time

import numpy
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg

client = ClientApp()
server = ServerApp()


@client.train()
def train(message, context):
    content = RecordDict({"arrays": message.content["arrays"], "metrics": MetricRecord({"num-examples": 1})})
    return Message(content=content, reply_to=message)


class Timed(FedAvg):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.begun, self.ended = [], []

    def configure_train(self, *given, **named):
        self.begun.append(time.perf_counter())
        return super().configure_train(*given, **named)

    def aggregate_train(self, *given, **named):
        result = super().aggregate_train(*given, **named)
        self.ended.append(time.perf_counter())
        return result

    @property
    def seconds(self):
        return [later - earlier for earlier, later in zip(self.begun, self.begun[1:] + self.ended[-1:])]


@server.main()
def main(grid, context):
    config = context.run_config or json.loads(os.environ["ROUNDS_CONFIG"])
    clients, tensors = config["clients"], config["tensors"]
    strategy = Timed(
        fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=clients, min_available_nodes=clients)
    # Random and different, as weights are: Flower compresses arrays, and sends equal ones once.
    random = numpy.random.default_rng(1)
    arrays = {
        f"tensor {place}": Array(random.standard_normal(config["parameters"] // tensors, dtype=numpy.float32))
        for place in range(tensors)}
    strategy.start(grid=grid, initial_arrays=ArrayRecord(arrays), num_rounds=config["rounds"], timeout=600)
    with open(config["out"] + ".part", "w") as file:
        json.dump(strategy.seconds, file)
    os.rename(config["out"] + ".part", config["out"])
