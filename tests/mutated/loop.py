"""Wrong training loops."""

FILE = "textdiff_lite/training/loop.py"
TESTS = ["tests/training/test_after_step.py", "tests/training/test_loop.py"]
MUTANTS = [
    ("if accelerator.mixed_precision != plan.precision:", "if False:", "a plan of bf16 trains in float32"),
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
        "    norm = clip_gradients(parameters, plan.clip)\n",
        "    norm = clip_gradients(parameters, 1e9)\n",
        "no clipping",
    ),
    ('            group["lr"] = lr\n', "            pass\n", "no schedule of the learning rate"),
    ("        optimizer.zero_grad(set_to_none=True)\n", "", "gradients pile up"),
    ("average(plan.ema_at(run.step - 1))", "average(plan.ema)", "the average is stuck at its start"),
    ("average(plan.ema_at(run.step - 1))", "average(0.0)", "no average"),
    (
        "with torch.random.fork_rng(devices=[device] if on_gpu else []):",
        "if True:",
        "dropout changes the user's random numbers",
    ),
    (
        'derived_seed("dropout", run.plan.seed, run.step, process)',
        'derived_seed("dropout", run.plan.seed, process)',
        "the same dropout at every step",
    ),
    ("if plan.batch % accelerator.num_processes:", "if False:", "a batch that does not share out is cut"),
    ("first = run.step * plan.batch", "first = 0", "one batch for ever"),
    ("after_step(run.config, run.model, run.step)", "pass", "what follows a step is left out"),
    (
        "after_step(run.config, run.model, run.step)",
        "after_step(run.config, run.model, run.step - 1)",
        "the step before is told",
    ),
    (
        "after_step(run.config, run.model, run.step)",
        "after_step(run.config, run.average.model, run.step)",
        "the average is told, not the model",
    ),
    ("average(plan.ema_at(run.step - 1))", "average(plan.ema_at(run.step))", "the average is a step ahead"),
]
