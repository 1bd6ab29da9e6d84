"""Wrong training loops."""

FILE = "textdiff_lite/training/loop.py"
TESTS = ["tests/training/test_loop.py"]
MUTANTS = [
    ("{name: part.mean() for", "{name: part.sum() for", "the step grows with the batch"),
    ('"weight_decay": 0.0}', '"weight_decay": plan.weight_decay}', "norms are pulled to zero"),
    (
        '{"params": matrices, "weight_decay": plan.weight_decay}',
        '{"params": matrices, "weight_decay": 0.0}',
        "no weight decay",
    ),
    ('derived_seed("weights", plan.seed)', 'derived_seed("weights", 0)', "every seed begins with the same weights"),
    ("with torch.random.fork_rng(devices=[]):", "if True:", "the user's random numbers change"),
    (
        "    norm = accelerator.clip_grad_norm_(run.model.parameters(), plan.clip)\n",
        "    norm = accelerator.clip_grad_norm_(run.model.parameters(), 1e9)\n",
        "no clipping",
    ),
    ('            group["lr"] = lr\n', "            pass\n", "no schedule of the learning rate"),
    ("        optimizer.zero_grad(set_to_none=True)\n", "", "gradients pile up"),
    ("plan.ema_at(run.step))", "plan.ema)", "the average is stuck at its start"),
    ("run.average.update(run.model, plan.ema_at(run.step))", "run.average.update(run.model, 0.0)", "no average"),
    ("part.detach() * info.length", "part.detach()", "nats per token are called nats per sentence"),
    ("with torch.random.fork_rng(devices=devices):", "if True:", "dropout changes the user's random numbers"),
    (
        'derived_seed("dropout", run.plan.seed, run.step, process)',
        'derived_seed("dropout", run.plan.seed, process)',
        "the same dropout at every step",
    ),
    ("if plan.batch % accelerator.num_processes:", "if False:", "a batch that does not share out is cut"),
    ("order.at(run.step)[mine]", "order.at(0)[mine]", "one batch for ever"),
]
