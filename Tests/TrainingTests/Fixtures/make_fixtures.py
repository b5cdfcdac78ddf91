#!/usr/bin/env python3
"""Writes losses.json: 20 training steps of a tiny GPT-2 by PyTorch, from the weights and tokens that Caravan computes too.

usage: python3 -m venv VENV && VENV/bin/pip install torch numpy && VENV/bin/python make_fixtures.py

Weights, token order and schedule are written again here from their documentation (InitialWeights, BatchOrder,
LearningRateSchedule), so that the fixture also holds those against a second implementation.
"""
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1
MODEL = dict(layers=2, width=32, heads=4, vocabulary=61, context=24)
SETTINGS = dict(
    steps=20, firstStep=5, batchSize=6, microBatchSize=3, sequenceLength=24,
    schedule=dict(peak=3e-3, final=3e-4, warmupSteps=10, totalSteps=24, restartSteps=3),
    optimizer=dict(beta1=0.9, beta2=0.95, epsilon=1e-8, weightDecay=1.0, clipNorm=1.0),
    seed=17, numerics="openblas")
WEIGHT_SEED = 29
TOKENS = 1500


def mix(x):
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def counter_random(seed, stream):
    key = mix((mix(seed) + mix(~stream & MASK)) & MASK)
    return lambda index: mix((key + (index + 1) * 0x9E3779B97F4A7C15) & MASK)


def layout():
    """(name, shape, deviation or constant, decays) of every tensor, in order."""
    c, residual = MODEL["width"], 0.02 / math.sqrt(2 * MODEL["layers"])
    yield "wte.weight", (MODEL["vocabulary"], c), ("normal", 0.02), False
    yield "wpe.weight", (MODEL["context"], c), ("normal", 0.02), False
    for i in range(MODEL["layers"]):
        for part, inputs, outputs, deviation in [
            ("ln_1", 0, c, 0), ("attn.c_attn", c, 3 * c, 0.02), ("attn.c_proj", c, c, residual),
            ("ln_2", 0, c, 0), ("mlp.c_fc", c, 4 * c, 0.02), ("mlp.c_proj", 4 * c, c, residual),
        ]:
            if inputs:
                yield f"h.{i}.{part}.weight", (inputs, outputs), ("normal", deviation), True
            else:
                yield f"h.{i}.{part}.weight", (outputs,), ("constant", 1.0), False
            yield f"h.{i}.{part}.bias", (outputs,), ("constant", 0.0), False
    yield "ln_f.weight", (c,), ("constant", 1.0), False
    yield "ln_f.bias", (c,), ("constant", 0.0), False


def initial_weights():
    random = counter_random(WEIGHT_SEED, 0x574549474854)
    tensors, start = {}, 0
    for name, shape, (kind, value), decays in layout():
        count = math.prod(shape)
        if kind == "constant":
            values = np.full(count, value, np.float32)
        else:
            values = np.empty(count, np.float32)
            for index in range(count):
                total = -6 * 65535
                for draw in range(3):
                    bits = random(3 * (start + index) + draw)
                    total += sum(bits >> 16 * lane & 0xFFFF for lane in range(4))
                values[index] = total * (value * 2.0**-16)
        tensors[name] = torch.nn.Parameter(torch.from_numpy(values).reshape(shape))
        start += count
    return tensors


def tokens():
    """Something to learn: each id mostly follows from the one before."""
    random, ids = counter_random(31, 0), [0]
    while len(ids) < TOKENS:
        noise = random(len(ids))
        ids.append(noise % MODEL["vocabulary"] if noise >> 62 == 0 else (7 * ids[-1] + 3) % MODEL["vocabulary"])
    return ids


def sequence_starts(count):
    """Starts of the first sequences that training visits."""
    length = SETTINGS["sequenceLength"]
    sequences, starts, epoch = (TOKENS - 1) // length, [], 0
    while len(starts) < count:
        random = counter_random(SETTINGS["seed"], 0x4F52444552000000 ^ epoch)
        order = list(range(sequences))
        for last in range(sequences - 1, 0, -1):
            other = random(last) * (last + 1) >> 64
            order[last], order[other] = order[other], order[last]
        starts += [place * length for place in order]
        epoch += 1
    return starts[:count]


def learning_rate(step):
    s, g = SETTINGS["schedule"], SETTINGS["firstStep"] + step
    if g < s["warmupSteps"]:
        rate = s["peak"] * (g + 1) / s["warmupSteps"]
    else:
        progress = min((g - s["warmupSteps"]) / (s["totalSteps"] - s["warmupSteps"]), 1)
        rate = s["final"] + (s["peak"] - s["final"]) / 2 * (1 + math.cos(math.pi * progress))
    return rate * min((step + 1) / s["restartSteps"], 1)


def loss_of(w, x, y):
    c, heads = MODEL["width"], MODEL["heads"]
    b, t = x.shape

    def norm(z, name):
        return F.layer_norm(z, (c,), w[name + ".weight"], w[name + ".bias"], eps=1e-5)

    def linear(z, name):
        return z @ w[name + ".weight"] + w[name + ".bias"]

    z = w["wte.weight"][x] + w["wpe.weight"][:t]
    for i in range(MODEL["layers"]):
        q, k, v = (
            part.view(b, t, heads, c // heads).transpose(1, 2)
            for part in linear(norm(z, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(c, 2))
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        z = z + linear(attended.transpose(1, 2).reshape(b, t, c), f"h.{i}.attn.c_proj")
        up = F.gelu(linear(norm(z, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), approximate="tanh")
        z = z + linear(up, f"h.{i}.mlp.c_proj")
    logits = norm(z, "ln_f") @ w["wte.weight"].T
    return F.cross_entropy(logits.view(-1, MODEL["vocabulary"]), y.view(-1))


def main():
    weights, ids = initial_weights(), torch.tensor(tokens())
    decays = {name: decay for name, _, _, decay in layout()}
    o = SETTINGS["optimizer"]
    optimizer = torch.optim.AdamW(
        [
            dict(params=[w for n, w in weights.items() if decays[n]], weight_decay=o["weightDecay"]),
            dict(params=[w for n, w in weights.items() if not decays[n]], weight_decay=0.0),
        ],
        lr=0.0, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])
    batch, length = SETTINGS["batchSize"], SETTINGS["sequenceLength"]
    starts = sequence_starts(SETTINGS["steps"] * batch)
    losses, norms = [], []
    for step in range(SETTINGS["steps"]):
        chosen = starts[step * batch:(step + 1) * batch]
        x = torch.stack([ids[s:s + length] for s in chosen])
        y = torch.stack([ids[s + 1:s + length + 1] for s in chosen])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        optimizer.zero_grad()
        loss = loss_of(weights, x, y)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights.values(), o["clipNorm"])))
        optimizer.step()
        losses.append(loss.item())
    fixture = dict(
        model=MODEL, settings=SETTINGS, weightSeed=WEIGHT_SEED, tokens=ids.tolist(), losses=losses, gradientNorms=norms,
        pytorch=torch.__version__)
    path = pathlib.Path(__file__).parent / "losses.json"
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(path, losses[0], "->", losses[-1], "norms", norms[0], norms[-1])


main()
