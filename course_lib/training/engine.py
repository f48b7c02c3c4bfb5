"""The training loop of the course, the only one.

Each epoch: go through the clips, then score the validation videos whole, choosing the decoding there; keep the weights
of the best epoch; write a checkpoint; stop when validation has not gained for a while. Accelerate carries the loop to
mixed precision and to several GPUs. Everything random follows from (seed, epoch), so an interrupted run that is resumed
ends with the same weights, bit for bit on a CPU. On a GPU the same clips come, changed and dropped in the same way, but
kernels add up in an order of their own, so that weights agree to rounding at first and drift apart from there;
`torch.use_deterministic_algorithms(True, warn_only=True)` beforehand takes most of that away, for some of the speed.

A GPU is told of a step while it still works on the one before. A step must therefore not ask it for a number: no
`.item()`, no `if` on a tensor, no index that is a mask (where they are is a number too), no copy from ordinary memory.
What still waits: a look at the loss every `SHOW_EVERY` updates, fp16's scaler, which must know of overflows, balanced
mixup, which must know the classes of a clip, and the heads of pretraining. Introduced in notebook 02.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate.utils import broadcast_object_list, gather_object
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from course_lib.config import Config
from course_lib.data.events import Video
from course_lib.data.store import FrameStore, build_stores
from course_lib.files import InputError, write_text
from course_lib.machine import workers_that_fit
from course_lib.models.depthwise import LearningKernels
from course_lib.models.head import Batch
from course_lib.models.spotter import Spotter
from course_lib.models.weights import save_weights
from course_lib.progress import progress_bar
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.inference import choose_and_score, score_video
from course_lib.spotting.tasks import TASKS
from course_lib.spotting.windows import batched
from course_lib.training.acceleration import compile_or_not, gpu_kernels, laid_out, make_accelerator
from course_lib.training.augment import ClassQueues, ClipAugmentation, mixup
from course_lib.training.checkpoint import History, load_checkpoint, save_checkpoint
from course_lib.training.clips import ClipDataset, RandomClips, ShuffledWindows, collate_clips
from course_lib.training.optim import OPTIMIZERS, warmup_cosine

__all__ = ["Loss", "fit"]

Loss = Callable[[Mapping[str, Tensor], Batch], Tensor]
"""(what the heads put out, the batch) → a scalar to lower."""

SHOW_EVERY = 10  # updates between two looks at the loss; each look makes a GPU wait


def fit(
    model: Spotter,
    train_set: ClipDataset,
    val_videos: Sequence[Video],
    config: Config,
    run_dir: str | Path,
    resume: bool = False,
    *,
    val_stores: Sequence[FrameStore | FeatureStore] | None = None,
    loss: Loss | None = None,
) -> History:
    """Train a spotter.

    Args:
        model: freshly built, also when resuming; holds the weights of the last epoch afterwards.
        train_set: clips to learn from.
        val_videos: what chooses the best epoch, and when to stop.
        config: of the run; `config.train` is what counts here.
        run_dir: gets last.pt, best.safetensors and log.csv after every epoch.
        resume: go on from last.pt if it is there; a run that had ended is left as it is.
        val_stores: of the validation videos, of frames or of features; opened, or made, if not given.
        loss: what to lower instead of the sum of the heads' losses: a function of all that the heads put out and of the
            batch. By then mixup has blended the frames and the targets that can be, and mirroring has turned those that
            know left from right; nothing else of the batch was changed.

    Returns:
        What happened, epoch by epoch.

    Raises:
        InputError: there is no validation video, a head's targets are missing, the loss is no number any more, there is
            no such optimiser, a tracker is not installed, or last.pt is not of this run.
    """
    if not val_videos:
        raise InputError(f"{run_dir}: no validation video; expected at least one to choose the best epoch by")
    if val_stores is None:
        val_stores = build_stores(val_videos, config.data)
    return _Fit(model, train_set, val_videos, val_stores, config, Path(run_dir), loss).run(resume)


class _Fit:
    """What one call of `fit` holds."""

    def __init__(
        self,
        model: Spotter,
        train_set: ClipDataset,
        val_videos: Sequence[Video],
        val_stores: Sequence[FrameStore | FeatureStore],
        config: Config,
        run_dir: Path,
        loss: Loss | None,
    ) -> None:
        train = config.train
        if loss is None and (missing := [n for n in _names(model, "target_names") if n not in train_set.targets]):
            raise InputError(f"{run_dir}: the clips have no targets {missing[0]!r}; expected those of every head")
        if train.optimizer not in OPTIMIZERS:
            raise InputError(f"train.optimizer is {train.optimizer!r}; expected one of {', '.join(OPTIMIZERS)}")
        self.config, self.run_dir = config, run_dir
        self.val_videos, self.val_stores = val_videos, val_stores
        events = {label: len(steps) for label, steps in train_set.event_steps.items()}
        for head in model.heads.values():
            head.count(events)
        self.accelerator = make_accelerator(config, run_dir)
        self.plain = laid_out(model, self.accelerator.device)
        factors = {f"heads.{name}.": head.lr_factor(train) for name, head in model.heads.items()}
        radius = {} if train.rho is None else {"rho": train.rho}
        optimizer = OPTIMIZERS[train.optimizer](model, train.lr, train.weight_decay, factors, **radius)
        self.looks_again = getattr(optimizer, "passes", 1) > 1
        prepared = self.accelerator.prepare(model, optimizer, _loader(train_set, config))
        self.model, self.optimizer, self.loader = prepared
        updates = math.ceil(len(self.loader) / train.accumulate)  # of the weights, in an epoch
        factor = warmup_cosine(round(train.warmup_epochs * updates), train.epochs * updates)
        # Not prepared: Accelerate would advance it once a process, while here one step is one update of the weights.
        self.scheduler = LambdaLR(optimizer, factor)
        self.parts = {"model": model, "optimizer": optimizer, "scheduler": self.scheduler}
        self.parts["kernels"] = LearningKernels(model)
        if self.accelerator.scaler is not None:
            self.parts["scaler"] = self.accelerator.scaler
        self.augment = ClipAugmentation(train.augment, train.flip)
        self.queues = ClassQueues(train.mixup_queue) if train.mixup_partner == "balanced" else None
        self.loss = loss or self._summed_loss

    def run(self, resume: bool) -> History:
        train, checkpoint = self.config.train, self.run_dir / "last.pt"
        history = History()
        if resume and checkpoint.is_file():
            history = load_checkpoint(checkpoint, **self.parts)
            self.accelerator.print(f"resumed after epoch {history.epochs_done} of {train.epochs}")
            if self.accelerator.is_main_process:
                self._write_log(history)  # it was killed between the two, perhaps
        with gpu_kernels(train.precision):
            self._go_on(history)
        if history.stopped:
            self.accelerator.print(f"stopped: no gain of {100 * train.min_delta:g} points in {train.patience} epochs")
        self.accelerator.end_training()
        # Accelerate wrapped the model's forward for mixed precision; give it back as it came.
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        return history

    def _go_on(self, history: History) -> None:
        """Epoch after epoch, until it ends."""
        train = self.config.train
        forward = self._compiled() if train.compile else self.model
        while history.epochs_done < train.epochs and not history.stopped:
            epoch, lr, started = history.epochs_done + 1, self.scheduler.get_last_lr()[0], time.perf_counter()
            with gpu_kernels(train.precision, same_shapes=True):
                loss = self._train_epoch(forward, epoch)
            clips_per_sec = len(self.loader) * self.loader.total_batch_size / (time.perf_counter() - started)
            val_map = self._validate()
            seconds = time.perf_counter() - started
            row = {"epoch": epoch, "train_loss": loss, "val_map": val_map, "lr": lr, "seconds": seconds}
            is_best = history.add(row | {"clips_per_sec": clips_per_sec}, train.patience, train.min_delta)
            self._save(history, is_best)
            self.accelerator.log(row, step=epoch)
            self.accelerator.print(
                f"epoch {epoch:2d}/{train.epochs}   loss {loss:.3f}   val mAP {100 * val_map:5.1f}"
                f"{' (best)' if is_best else '       '}   {seconds:.1f} s"
            )

    def _compiled(self) -> Callable[[Batch], dict[str, Tensor]]:
        """The model compiled, if that works here, for batches as the steps of training make them."""
        self.model.train()
        batch = self._prepared(next(iter(self.loader)), torch.Generator().manual_seed(0))
        return compile_or_not(self.model, batch)

    def _train_epoch(self, forward: Callable[[Batch], dict[str, Tensor]], epoch: int) -> float:
        """Go through the clips once; returns the mean loss over all processes."""
        train, accelerator = self.config.train, self.accelerator
        seed = _epoch_seed(train.seed, epoch, accelerator.process_index)
        torch.manual_seed(seed)  # dropout
        generator = torch.Generator().manual_seed(seed)  # augmentation
        self.loader.set_epoch(epoch)  # which clips, in which order
        if self.queues is not None:
            self.queues.clear()  # so that a run that is resumed here begins alike
        self.model.train()
        total = torch.zeros((), device=accelerator.device)
        bar = progress_bar(self.loader, f"epoch {epoch}/{train.epochs}", show=accelerator.is_local_main_process)
        prepared = (self._prepared(batch, generator) for batch in bar)
        for index, batches in enumerate(batched(prepared, train.accumulate)):
            loss = self._update(forward, batches)
            total += loss
            if index % SHOW_EVERY == 0:
                bar.set_postfix(loss=f"{loss.item() / len(batches):.3f}")
        mean = accelerator.reduce(total / len(self.loader), "mean").item()
        if not math.isfinite(mean):
            raise InputError(
                f"{self.run_dir}: the loss of epoch {epoch} is {mean}, no number; lower train.lr, which is {train.lr}"
            )
        return mean

    def _update(self, forward: Callable[[Batch], dict[str, Tensor]], batches: Sequence[Batch]) -> Tensor:
        """Change the weights once; returns the summed loss of the batches, as it was before.

        A method of several passes asks for the gradient of one and the same function at several points. So each pass
        begins with the same dropout, statistics and memories, and those that the first one leaves stay.
        """
        accelerator, passes = self.accelerator, []
        before = self._state() if self.looks_again else None

        def through() -> Tensor:
            """All batches forward and backward: leaves the gradients of their mean loss."""
            if before is None or not passes:
                return go_through()
            after = self._state()
            self._restore(before)
            total = go_through()
            self._restore(after)
            return total

        def go_through() -> Tensor:
            self.optimizer.zero_grad()
            total = torch.zeros((), device=accelerator.device)
            for index, batch in enumerate(batches):
                with nullcontext() if index == len(batches) - 1 else accelerator.no_sync(self.model):
                    loss = self.loss(forward(batch), batch)
                    accelerator.backward(loss)
                    total += loss.detach()
            accelerator.clip_grad_norm_(self.model.parameters(), self.config.train.clip_norm)
            passes.append(total)
            return total

        if accelerator.scaler is None:
            self.optimizer.step(through)
        else:  # torch's scaler looks at the gradients before it steps, and takes no closure
            through()
            if self.looks_again:
                with self.optimizer.optimizer.away():
                    accelerator.scaler.update()  # what overflowed here is no number there either, and no step is made
                    through()
            self.optimizer.step()
        self.scheduler.step()
        return passes[0]

    def _state(self) -> tuple[list[Tensor], list[Tensor]]:
        """What a pass changes beside gradients: the model's buffers, and the numbers that dropout draws from."""
        random = [torch.get_rng_state()]
        if self.accelerator.device.type == "cuda":
            random.append(torch.cuda.get_rng_state(self.accelerator.device))
        return [value.clone() for value in self.plain.buffers()], random

    def _restore(self, state: tuple[list[Tensor], list[Tensor]]) -> None:
        values, random = state
        with torch.no_grad():
            for buffer, value in zip(self.plain.buffers(), values, strict=True):
                buffer.copy_(value)
        torch.set_rng_state(random[0])
        if len(random) > 1:
            torch.cuda.set_rng_state(random[1], self.accelerator.device)

    def _prepared(self, batch: Batch, generator: torch.Generator) -> Batch:
        """The batch as the network sees it: augmented and mixed, its targets along with the frames."""
        train, heads = self.config.train, self.plain.heads.values()
        if train.augment > 0 or train.flip:
            frames, flipped = self.augment.apply(batch["frames"], generator)  # float32 in [0, 1]
            batch = {**batch, "frames": frames}
            for head in heads:
                if set(head.target_names) <= batch.keys():
                    batch = head.mirror(batch, flipped)
        if train.mixup > 0:
            mixed = [name for name in _names(self.plain, "mixed") if name in batch]
            keep_own = any(set(head.target_names) - set(head.mixed) for head in heads)
            how = {"never_itself": train.mixup_partner != "any", "queues": self.queues}
            batch = mixup(batch, mixed, train.mixup, generator, keep_own, **how)
        return batch

    def _summed_loss(self, outputs: Mapping[str, Tensor], batch: Batch) -> Tensor:
        """What all heads' answers cost together."""
        return sum(head.loss(outputs, batch, self.config.train) for head in self.plain.heads.values())

    def _validate(self) -> float:
        """The score of the validation videos that decides, mAP-12 or mTAP; each process looks at its share of them."""
        accelerator, config = self.accelerator, self.config
        mine = range(accelerator.process_index, len(self.val_videos), accelerator.num_processes)
        scored = []
        for index in progress_bar(mine, "validation", show=accelerator.is_local_main_process):
            store, overlap = self.val_stores[index], config.data.val_overlap
            steps = score_video(self.plain, store, config, overlap=overlap, mirrored=False)
            scored.append((index, steps))
        in_order = [steps for _, steps in sorted(gather_object(scored), key=lambda pair: pair[0])]
        said = [0.0]
        if accelerator.is_main_process:  # it alone, so that all go on, or stop, on the same number
            said = [choose_and_score(in_order, self.val_videos, config.data)[1][TASKS[config.data.task].headline]]
        return broadcast_object_list(said)[0]

    def _save(self, history: History, is_best: bool) -> None:
        """Write the epoch down. The checkpoint comes last but the log, which is made from it: killed anywhere in
        between, the epoch is done again and writes the same."""
        if self.accelerator.is_main_process:
            if is_best:
                save_weights(self.plain, self.run_dir / "best.safetensors")
            save_checkpoint(self.run_dir / "last.pt", history, **self.parts)
            self._write_log(history)
        self.accelerator.wait_for_everyone()

    def _write_log(self, history: History) -> None:
        write_text(self.run_dir / "log.csv", pd.DataFrame(history.rows).to_csv(index=False))


def _loader(train_set: ClipDataset, config: Config) -> DataLoader:
    train = config.train
    if train.clips_per_epoch is None:
        sampler = ShuffledWindows(train_set, train.seed)
    else:
        sampler = RandomClips(train_set, train.clips_per_epoch, train.seed, train.rare_weight)
    workers = workers_that_fit(train.workers, train.batch_size * train_set.clip_bytes)
    return DataLoader(
        train_set,
        train.batch_size,
        sampler=sampler,
        num_workers=workers,
        collate_fn=collate_clips,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
        # Of its own: the loader draws seeds for its workers, and not as often with workers as without.
        generator=torch.Generator(),
    )


def _names(model: Spotter, kind: str) -> list[str]:
    """Names of targets, as the heads list them under `kind`, each once."""
    return list(dict.fromkeys(name for head in model.heads.values() for name in getattr(head, kind)))


def _epoch_seed(seed: int, epoch: int, process: int) -> int:
    """Well apart for neighbouring numbers, which `seed + epoch` is not: seed 0 would repeat seed 1 an epoch later."""
    return int(np.random.SeedSequence([seed, epoch, process]).generate_state(1, np.uint64)[0] >> 1)
