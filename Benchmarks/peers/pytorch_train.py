#!/usr/bin/env python3
"""A GPT-2 training step by PyTorch on the processor, with the shapes of `caravan-benchmarks train`.

Prints one line of figures. Fused AdamW, scaled-dot-product attention, no clipping (ours clips). The allocator is tuned by the
environment, see `PyTorchVariant.swift`; this script only says which one it ran with.
"""
import argparse
import os
import resource
import statistics
import time

start = time.perf_counter()
# layers, width, heads, vocabulary, context, length, batch
SHAPES = {
    "S": (4, 128, 4, 512, 1024, 128, 16),
    "demo": (4, 128, 4, 1024, 128, 128, 16),
    "M256": (6, 512, 8, 32000, 1024, 256, 4),
    "M1024": (6, 512, 8, 32000, 1024, 1024, 1),
    "L64": (12, 768, 12, 50257, 1024, 64, 4),
    "L1024": (12, 768, 12, 50257, 1024, 1024, 1),
}
arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--shape", default="S", choices=SHAPES)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--batch", type=int, help="sequences of a step; default: the shape's own")
arguments.add_argument("--compile", action="store_true", help="the first step takes half a minute")
arguments.add_argument("--seconds", type=float, default=10, help="to measure for, at least three steps")
options = arguments.parse_args()
LAYERS, WIDTH, HEADS, VOCABULARY, CONTEXT, LENGTH, BATCH = SHAPES[options.shape]
BATCH = options.batch or BATCH
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)

import torch
import torch.nn.functional as F


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


import_megabytes = peak_megabytes()
torch.set_num_threads(options.threads)
torch.manual_seed(0)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.up, self.down = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, HEADS, c // HEADS).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(c, 2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(VOCABULARY, WIDTH), torch.nn.Embedding(CONTEXT, WIDTH)
        self.blocks, self.norm = torch.nn.ModuleList(Block() for _ in range(LAYERS)), torch.nn.LayerNorm(WIDTH)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, 0, 0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))


model = GPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
forward = torch.compile(model) if options.compile else model
data = torch.randint(0, VOCABULARY, (64, BATCH, LENGTH + 1))


def step(number):
    """Takes a step and returns its milliseconds."""
    batch = data[number % 64]
    ids, targets = batch[:, :-1].contiguous(), batch[:, 1:].contiguous()
    began = time.perf_counter()
    loss = forward(ids, targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    loss.item()
    return (time.perf_counter() - began) * 1e3


to_first_step = time.perf_counter() - start
first = step(0)
step(1), step(2)
times = []
while len(times) < 3 or sum(times) < options.seconds * 1e3:
    times.append(step(3 + len(times)))
ordered = sorted(times)
median = statistics.median(times)
print(f"pytorch version={torch.__version__} shape={options.shape} threads={options.threads} batch={BATCH} "
      f"compiled={int(options.compile)} allocator={'tuned' if 'MALLOC_TOP_PAD_' in os.environ else 'default'} "
      f"steps={len(times)} medianMilliseconds={median:.1f} p10={ordered[round((len(times) - 1) * 0.1)]:.1f} "
      f"p90={ordered[round((len(times) - 1) * 0.9)]:.1f} tokensPerSecond={BATCH * LENGTH / median * 1e3:.1f} "
      f"peakMegabytes={peak_megabytes():.0f} importMegabytes={import_megabytes:.0f} "
      f"secondsToFirstStep={to_first_step:.2f} firstStepMilliseconds={first:.0f}")
