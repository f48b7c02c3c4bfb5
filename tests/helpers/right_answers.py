"""A right answer to every exercise, and others that must pass too: types of NumPy and PyTorch, the library's own."""

import math
import re
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from fvcore.nn.squeeze_excitation import SqueezeExcitation
from torch import nn

from course_lib.data.court import place_on_court
from course_lib.data.events import Event
from course_lib.data.formats.csv import clock
from course_lib.models.backbones_2d import shift_steps
from course_lib.models.losses import weighted_cross_entropy as library_loss
from course_lib.models.necks.sgp import SGP
from course_lib.models.necks.transformer import sinusoids
from course_lib.models.targets import dilated_targets
from course_lib.scoring.ball import official_frames
from course_lib.scoring.calibration import calibrate
from course_lib.scoring.suppression import chain_nms, symmetric_nms
from course_lib.scoring.volleyball import combine
from course_lib.spotting.windows import cover


def count_classes(events):
    return Counter(event.label for event in events)


def frame_of(position_ms, fps):
    return int(fps * (position_ms / 1000))


def busiest_minute(events, fps):
    minutes = Counter(int(event.frame / fps // 60) for event in events)
    return min(minutes, key=lambda minute: (-minutes[minute], minute))


def match_events(truth_frames, pred_frames, scores, tolerance_frames):
    hit = [False] * len(pred_frames)
    for frame in sorted(truth_frames):
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: (-scores[j], pred_frames[j]))] = True
    return hit


def average_precision_11(recall, precision):
    return sum(max(precision[recall >= level / 10], default=0.0) for level in range(11)) / 11


def suppress(frames, scores, window):
    kept = []
    for _, frame in sorted(zip([-score for score in scores], frames, strict=True)):
        if all(abs(frame - other) > window for other in kept):
            kept.append(frame)
    return sorted(kept)


def clip_starts(num_steps, clip_len, overlap):
    hop = max(round(clip_len * (1 - overlap)), 1)
    last = max(num_steps - clip_len, 0)
    return [*range(0, last, hop), last]


def dilate(targets, radius):
    out = targets.copy()
    events = np.flatnonzero(targets)
    for step in range(len(targets)):
        near = [event for event in events if abs(event - step) <= radius]
        if near:
            out[step] = targets[min(near, key=lambda event: (abs(event - step), -event))]
    return out


def weighted_cross_entropy(logits, targets, weights):
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    weight = targets * weights
    return -(weight * log_p).sum() / weight.sum()


def torch_cross_entropy(logits, targets, weights):
    weight = targets * weights
    return -(weight * logits.log_softmax(dim=1)).sum() / weight.sum()


def through_the_library(logits, targets, weights):
    return library_loss(logits[None], targets[None], weights)


def spot_kind(label, frame, truths, radius, reach):
    own = [abs(frame - at) for name, at, _ in truths if name == label]
    others = [abs(frame - at) for name, at, _ in truths if name != label]
    lost = [abs(frame - at) for name, at, found in truths if name == label and not found]
    rules = (("duplicate", own, radius), ("confused", others, radius), ("mistimed", lost, reach * radius))
    for kind, distances, limit in rules:
        if min(distances, default=limit + 1) <= limit:
            return kind
    return "background"


def paired_gaps(first, second, labels, draws):
    return (second - first)[draws].sum(axis=1) / labels[draws].sum(axis=1)


def calibration_error(scores, hits, num_bins):
    place = np.minimum((scores * num_bins).astype(int), num_bins - 1)
    gaps = [abs(scores[place == b].mean() - hits[place == b].mean()) * (place == b).sum() for b in np.unique(place)]
    return sum(gaps) / len(scores)


def halvings(num_steps, levels):
    return [math.ceil(num_steps / 2**level) for level in range(levels + 1)]


def one_by_one(num_steps, levels):
    lengths = [num_steps]
    for _ in range(levels):
        lengths.append((lengths[-1] + 1) // 2)
    return np.array(lengths)


def max_to(values, num_bins):
    T = len(values)
    return [max(values[i * T // num_bins : -(-(i + 1) * T // num_bins)]) for i in range(num_bins)]


def torch_max_to(values, num_bins):
    return F.adaptive_max_pool1d(torch.from_numpy(values)[None], num_bins)[0]


def filtered(values, kernel):
    reach = len(kernel) // 2
    full = np.convolve(values, kernel[::-1])  # as many steps as both together, less one
    return full[reach : reach + len(values)]


def mixer_window(values, window, long_window, gate):
    return filtered(values, gate) * (filtered(values, window) + filtered(values, long_window))


def torch_mixer_window(values, *kernels):
    x = torch.from_numpy(values)[None, None]
    window, long_window, gate = (F.conv1d(x, torch.tensor(k)[None, None], padding=len(k) // 2)[0, 0] for k in kernels)
    return gate * (window + long_window)


def shift_halves(x):
    half, out = x.shape[1] // 2, np.zeros_like(x)
    out[:-1, :half] = x[1:, :half]
    out[1:, half:] = x[:-1, half:]
    return out


def gate_and_shift(values, gates):
    gated = gates[:, None] * values
    moved = np.zeros_like(values)
    moved[1:] = gated[:-1]
    return moved + values - gated


def gru_step(x, h, W, U, b, c):  # noqa: N803
    cell = nn.GRUCell(len(x), len(h)).double()
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (W, U, b, c), strict=True):
            parameter.copy_(torch.from_numpy(value))
        return cell(torch.from_numpy(x)[None], torch.from_numpy(h)[None])[0].numpy()


def srt_clock(seconds):
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d},{milliseconds % 1000:03d}"


def kept_parts(num_steps, window, margin):
    starts = list(range(0, num_steps - window + 1, window - 2 * margin))
    if starts[-1] + window < num_steps:
        starts.append(num_steps - window)
    parts, first = [], 0
    for start in starts:
        stop = num_steps if start == starts[-1] else start + window - margin
        parts.append((start, first, stop))
        first = stop
    return parts


def correct_spots(spots, rejected, moved):
    return sorted((moved.get(spot, spot[0]), spot[1]) for spot in spots if spot not in rejected)


def share_gaps(here, there):
    def share(counts, label):
        return 100 * counts.get(label, 0) / max(sum(counts.values()), 1)

    return {label: share(here, label) - share(there, label) for label in {*here, *there}}


def unsafe_names(names):
    return [
        name
        for name in names
        if name.startswith("/") or "\\" in name or re.match("[A-Za-z]:", name) or ".." in name.split("/")
    ]


def leaking_matches(splits):
    where = {}
    for split, matches in splits.items():
        for match in matches:
            date, home, _ = match.rsplit("/", 1)[-1].split(" - ")
            where.setdefault((date, home.split()[0].lower()), set()).add(split)
    return sorted(match for match, found in where.items() if len(found) > 1)


def window_reach(kernel, k, layers):
    longer = SGP(16, kernel, k).long_window.kernel_size[0]  # the library's own
    return layers * (max(kernel, longer) // 2)


def fold_windows(kernels, mix):
    folded = np.zeros((len(mix), len(mix), 7))
    for dilation, (kernel, part) in enumerate(zip(kernels, np.split(mix, 3, axis=1), strict=True), 1):
        folded[:, :, 3 - dilation : 4 + dilation : dilation] += np.einsum("om,mit->oit", part, kernel)
    return folded


def steps_seen(dilations, taps=3):
    return 1 + (taps - 1) * sum(dilations)


def causal_convolution(x, weight, bias, dilation):
    reach = (weight.shape[2] - 1) * dilation
    padded = np.pad(x, ((reach, 0), (0, 0)))
    return bias + sum(padded[k * dilation :][: len(x)] @ weight[:, :, k].T for k in range(weight.shape[2]))


def through_torch(x, weight, bias, dilation):
    x, weight, bias = (torch.from_numpy(array) for array in (x, weight, bias))
    reach = (weight.shape[2] - 1) * dilation
    y = torch.nn.functional.conv1d(x.T[None], weight, bias, padding=reach, dilation=dilation)
    return y[0, :, : len(x)].T.numpy()


def branch_sees(step, stride, num_steps):
    centre = stride * (step // stride)
    return [i for i in (centre - 1, centre, centre + 1) if 0 <= i < num_steps]


def upsample_on_grid(looks, stride, num_steps):
    return np.interp(np.arange(num_steps), stride * np.arange(len(looks)), looks)


def still_standing(p_values, level):
    stands, m = [False] * len(p_values), len(p_values)
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        if p_values[index] > level / (m - rank):
            break
        stands[index] = True
    return stands


def wave_positions(num_steps, dim):
    angles = np.arange(num_steps)[:, None] / 10_000 ** (np.arange(0, dim, 2) / dim)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(num_steps, dim)


def local_attention(queries, keys, values, reach):
    T, d = queries.shape
    products = queries @ keys.T / np.sqrt(d)
    steps = np.arange(T)
    products[np.abs(steps[:, None] - steps) > reach] = -np.inf
    shares = np.exp(products - products.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True) @ values


def combined_score(temporal, spatial):
    t = np.mean([value for tolerance, value in temporal.items() if tolerance > 0])
    s = np.mean([value for row in spatial.values() for value in row.values()])
    return 2 * t * s / (t + s) if t + s else 0.0


def chain_best(frames, scores, reach):
    best = []  # (frame, score)
    for frame, score in zip(frames, scores, strict=True):
        if best and frame - best[-1][0] <= reach:
            if score > best[-1][1]:
                best[-1] = frame, score
        else:
            best.append((frame, score))
    return [frame for frame, _ in best]


def place_at_height(pixel, camera, height_m):
    plane = np.column_stack([camera[:, 0], camera[:, 1], height_m * camera[:, 2] + camera[:, 3]])
    x, y, w = np.linalg.solve(plane, [*pixel, 1.0])
    return np.array([x / w, y / w])


def library_chain(frames, scores, reach):
    spots = [Event("spike", frame, score) for frame, score in zip(frames, scores, strict=True)]
    return np.array([spot.frame for spot in chain_nms(spots, reach)], int)


def library_place(pixel, camera, height_m):
    return place_on_court(pixel / np.array([398.0, 224.0]), camera, height_m, (398, 224)).tolist()


def library_combined(temporal, spatial):
    lenient = np.mean([value for tolerance, value in temporal.items() if tolerance > 0])
    return np.float64(combine(lenient, np.mean([list(row.values()) for row in spatial.values()]), 1e-9))


def conv_multiplications(in_channels, out_channels, kernel, groups, output):
    return math.prod(output) * out_channels * (in_channels // groups) * math.prod(kernel)


def gate_each_step(x, w1, b1, w2, b2, axis=(2, 3), bend=lambda z: np.maximum(z, 0)):
    mean = x.mean(axis=axis, keepdims=True)[..., 0, 0]  # (C, T), or (C, 1) if time is squeezed too
    gates = 1 / (1 + np.exp(-(w2 @ bend(w1 @ mean + b1[:, None]) + b2[:, None])))
    return x * gates[..., None, None]


def library_dilate(targets, radius):
    classes = [str(k) for k in range(1, targets.max(initial=0) + 1)]
    events = [Event(str(targets[step]), int(step)) for step in np.flatnonzero(targets)]
    return dilated_targets(events, classes, len(targets), 1, radius).argmax(axis=1)


def library_suppress(frames, scores, window):
    spots = [Event("PASS", frame, score) for frame, score in zip(frames, scores, strict=True)]
    return [event.frame for event in symmetric_nms(spots, window, 0.0)]


def library_shift(x):
    halves = torch.from_numpy(x).T[None, :, :, None, None].chunk(2, dim=1)
    return torch.cat([shift_steps(halves[0], -1), shift_steps(halves[1], 1)], dim=1)[0, :, :, 0, 0].T.numpy()


def torch_attention(queries, keys, values, reach):
    steps = torch.arange(len(queries))
    near = (steps[:, None] - steps).abs() <= reach
    parts = (torch.from_numpy(part)[None] for part in (queries, keys, values))
    return F.scaled_dot_product_attention(*parts, attn_mask=near)[0]


def counted_multiplications(in_channels, out_channels, kernel, groups, output):
    """In another way: one multiplication for each weight and each place at which it is used."""
    layer = nn.Conv3d(in_channels, out_channels, kernel, groups=groups, bias=False)
    return float(layer.weight.numel() * math.prod(output))


def squeeze_of_x3d(x, w1, b1, w2, b2):
    """What X3D is made of, on every step by itself."""
    layer = SqueezeExcitation(len(x), num_channels_reduced=len(w1), is_3d=True).double()
    with torch.no_grad():
        for parameter, value in zip(layer.parameters(), (w1, b1, w2, b2), strict=True):
            parameter.copy_(torch.from_numpy(value).view_as(parameter))
        return torch.cat([layer(step) for step in torch.from_numpy(x)[None].split(1, dim=2)], dim=2)[0]


RIGHT = {
    "average_precision_11": [average_precision_11],
    "branch_sees": [branch_sees, lambda *values: np.array(branch_sees(*values))],
    "busiest_minute": [busiest_minute],
    "calibration_error": [calibration_error, lambda *values: calibrate(*values).error],
    "causal_convolution": [causal_convolution, through_torch],
    "chain_best": [chain_best, library_chain],
    "clip_starts": [clip_starts, cover],
    "combined_score": [combined_score, library_combined],
    "conv_multiplications": [conv_multiplications, counted_multiplications],
    "correct_spots": [correct_spots, lambda *values: np.array(correct_spots(*values), dtype=object)],
    "count_classes": [count_classes, lambda events: {"PASS": 0, "GOAL": 0} | dict(count_classes(events))],
    "dilate": [dilate, library_dilate],
    "fold_windows": [fold_windows, lambda kernels, mix: torch.from_numpy(fold_windows(kernels, mix))],
    "frame_of": [frame_of, official_frames],
    "gate_and_shift": [gate_and_shift, lambda *values: torch.from_numpy(gate_and_shift(*values))],
    "gate_each_step": [gate_each_step, squeeze_of_x3d],
    "gru_step": [gru_step],
    "halvings": [halvings, one_by_one],
    "kept_parts": [kept_parts, lambda *values: np.array(kept_parts(*values))],
    "leaking_matches": [leaking_matches],
    "local_attention": [local_attention, torch_attention],
    "match_events": [match_events, lambda *values: np.array(match_events(*values))],
    "max_to": [max_to, torch_max_to],
    "mixer_window": [mixer_window, torch_mixer_window],
    "paired_gaps": [paired_gaps, lambda *values: paired_gaps(*values).tolist()],
    "place_at_height": [place_at_height, library_place],
    "share_gaps": [share_gaps],
    "shift_halves": [shift_halves, library_shift],
    "spot_kind": [spot_kind],
    "srt_clock": [srt_clock, lambda seconds: clock(seconds, ",")],
    "steps_seen": [steps_seen],
    "still_standing": [still_standing, lambda *values: np.array(still_standing(*values), dtype=bool)],
    "suppress": [suppress, library_suppress],
    "unsafe_names": [unsafe_names],
    "upsample_on_grid": [upsample_on_grid, lambda *values: upsample_on_grid(*values).tolist()],
    "wave_positions": [wave_positions, sinusoids],
    "weighted_cross_entropy": [weighted_cross_entropy, torch_cross_entropy, through_the_library],
    "window_reach": [window_reach],
}
"""Name of the check → solutions, the plain one first."""
