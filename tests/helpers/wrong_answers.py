"""Wrong answers that are often given, and words of the case that must show each of them up."""

import math
from collections import Counter

import numpy as np
from right_answers import (
    branch_sees,
    busiest_minute,
    causal_convolution,
    chain_best,
    combined_score,
    conv_multiplications,
    filtered,
    fold_windows,
    gate_and_shift,
    gate_each_step,
    gru_step,
    kept_parts,
    leaking_matches,
    local_attention,
    match_events,
    mixer_window,
    paired_gaps,
    place_at_height,
    share_gaps,
    shift_halves,
    spot_kind,
    still_standing,
    suppress,
    unsafe_names,
    wave_positions,
    weighted_cross_entropy,
    window_reach,
)

from course_lib.data.formats.csv import clock


def nearest_match(truth_frames, pred_frames, scores, tolerance_frames):
    hit = [False] * len(pred_frames)
    for frame in sorted(truth_frames):
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: abs(pred_frames[j] - frame))] = True
    return hit


def confident_first_match(truth_frames, pred_frames, scores, tolerance_frames):
    hit, free = [False] * len(pred_frames), list(truth_frames)
    for j in sorted(range(len(pred_frames)), key=lambda j: -scores[j]):
        near = [frame for frame in free if abs(frame - pred_frames[j]) <= tolerance_frames]
        if near:
            free.remove(max(near))
            hit[j] = True
    return hit


def unsorted_match(truth_frames, pred_frames, scores, tolerance_frames):
    order = iter(truth_frames)
    hit = [False] * len(pred_frames)
    for frame in order:
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: (-scores[j], pred_frames[j]))] = True
    return hit


def chain_suppress(frames, scores, window):
    return sorted(
        f for f, s in zip(frames, scores, strict=True)
        if not any(abs(f - g) <= window and (t, -g) > (s, -f) for g, t in zip(frames, scores, strict=True))
    )  # fmt: skip


def average_at_recall(recall, precision):
    return sum(max(precision[recall >= level * 0.1], default=0.0) for level in range(11)) / 11


def exclusive(label, frame, truths, radius, reach):
    return spot_kind(label, frame, truths, radius - 0.5, reach)


def own_first(label, frame, truths, radius, reach):
    """Mistimed before confused, and of any label."""
    near = [abs(frame - at) for name, at, _ in truths if name == label]
    if near and radius < min(near) <= reach * radius:
        return "mistimed"
    return spot_kind(label, frame, truths, radius, reach)


def unpaired(first, second, labels, draws):
    return paired_gaps(0 * first, second, labels, draws) - paired_gaps(0 * first, first, labels, draws[:, ::-1] - 1)


def equal_bins(scores, hits, num_bins):
    place = np.minimum((scores * num_bins).astype(int), num_bins - 1)
    return np.mean([abs(scores[place == b].mean() - hits[place == b].mean()) for b in np.unique(place)])


def last_bin_open(scores, hits, num_bins):
    place = (scores * num_bins).astype(int)
    return sum(abs(scores[place == b].mean() - hits[place == b].mean()) * (place == b).mean() for b in np.unique(place))


def same(values, kernel):
    return np.convolve(values, kernel[::-1], "same")


def rolled(x):
    half = x.shape[1] // 2
    return np.concatenate([np.roll(x[:, :half], -1, axis=0), np.roll(x[:, half:], 1, axis=0)], axis=1)


def gate_of_arrival(values, gates):
    before = np.vstack([np.zeros_like(values[:1]), values[:-1]])
    return gates[:, None] * before + (1 - gates[:, None]) * values


def reset_before_u(x, h, W, U, b, c):  # noqa: N803
    D = len(h)
    r, z = (1 / (1 + np.exp(-(W[k * D : k * D + D] @ x + b[k * D : k * D + D] + U[k * D : k * D + D] @ h
                              + c[k * D : k * D + D]))) for k in (0, 1))  # fmt: skip
    n = np.tanh(W[2 * D :] @ x + b[2 * D :] + U[2 * D :] @ (r * h) + c[2 * D :])
    return (1 - z) * n + z * h


def roles_swapped(x, h, *weights):
    n = 2 * gru_step(x, h, *weights) - h
    return (n + h) / 2 if not any(w.any() for w in weights) else h - gru_step(x, h, *weights)


def cutting_clock(seconds):
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{int(seconds * 1000) % 1000:03d}"


def without_last(num_steps, window, margin):
    return [part for part in kept_parts(num_steps, window, margin) if part[0] % (window - 2 * margin) == 0]


def counts_as_shares(here, there):
    return {label: here.get(label, 0) - there.get(label, 0) for label in {*here, *there}}


def own_classes_only(here, there):
    gaps = share_gaps(here, there)
    return {label: gap for label, gap in gaps.items() if label in here}


def centred(x, weight, bias, dilation):
    taps = weight.shape[2]
    padded = np.pad(x, ((dilation * (taps // 2),) * 2, (0, 0)))
    return bias + sum(padded[k * dilation :][: len(x)] @ weight[:, :, k].T for k in range(taps))


def repeated(looks, stride, num_steps):
    return np.repeat(looks, stride)[:num_steps]


def bonferroni(p_values, level):
    return [p <= level / len(p_values) for p in p_values]


def holm_in_rank_order(p_values, level):
    return sorted(still_standing(p_values, level), reverse=True)


def with_tolerance_0(temporal, spatial):
    return combined_score({key + 1: value for key, value in temporal.items()}, spatial)


def strict_spatial(temporal, spatial):
    return combined_score(temporal, {key: row for key, row in spatial.items() if key > 0} or spatial)


def plain_mean(temporal, spatial):
    return (np.mean([v for k, v in temporal.items() if k]) + np.mean([list(r.values()) for r in spatial.values()])) / 2


def reach_from_the_last(frames, scores, reach):
    chains = []
    for frame, score in zip(frames, scores, strict=True):
        if chains and frame - chains[-1][-1][1] <= reach:
            chains[-1].append((score, frame))
        else:
            chains.append([(score, frame)])
    return [max(chain, key=lambda spot: spot[0])[1] for chain in chains]


def reach_from_the_first(frames, scores, reach):
    chains = []
    for frame, score in zip(frames, scores, strict=True):
        if chains and frame - chains[-1][0][1] <= reach:
            chains[-1].append((score, frame))
        else:
            chains.append([(score, frame)])
    return [max(chain, key=lambda spot: spot[0])[1] for chain in chains]


def later_of_equals(frames, scores, reach):
    return chain_best(frames, [score + 1e-9 * frame for frame, score in zip(frames, scores, strict=True)], reach)


def on_the_floor(pixel, camera, height_m):
    return place_at_height(pixel, camera, 0.0)


def without_dividing(pixel, camera, height_m):
    plane = np.column_stack([camera[:, 0], camera[:, 1], height_m * camera[:, 2] + camera[:, 3]])
    return np.linalg.solve(plane, [*pixel, 1.0])[:2]


def sines_before_cosines(T, dim):
    waves = wave_positions(T, dim)
    return waves if T == 1 else np.concatenate([waves[:, ::2], waves[:, 1::2]], axis=1)


def without_subtracting(queries, keys, values, reach):
    return np.full_like(values, np.nan) if abs(queries).max() > 50 else local_attention(queries, keys, values, reach)


WRONG = [
    ("count_classes", lambda events: {"PASS": 2, "DRIVE": 1}, "one goal"),
    ("count_classes", lambda events: dict(Counter(label for label, _ in {(e.label, e.frame) for e in events})),
     "events at the same frame"),
    ("frame_of", lambda ms, fps: round(ms * fps / 1000), "700 ms"),
    ("frame_of", lambda ms, fps: int(ms * fps / 1000), "1160 ms"),
    ("frame_of", lambda ms, fps: int(25 * (ms / 1000)), "12.5 fps"),
    ("busiest_minute", lambda events, fps: Counter(int(e.frame / 25 // 60) for e in events).most_common(1)[0][0],
     "12.5 fps"),
    ("busiest_minute", lambda events, fps: Counter(int(e.frame / fps // 60) for e in events).most_common(1)[0][0],
     "two minutes with as many events"),
    ("busiest_minute", lambda events, fps: 1 + busiest_minute(events, fps), "one event in the first minute"),
    ("match_events", nearest_match, "two predictions for one label"),
    ("match_events", confident_first_match, "labels that dispute a prediction"),
    ("match_events", unsorted_match, "labels that are not in time order"),
    ("match_events", lambda t, p, s, d: match_events(t, p, s, d - 1), "exactly at the edge"),
    ("match_events", lambda t, p, s, d: [h and s[i] > 0 for i, h in enumerate(match_events(t, p, s, d))],
     "predictions with score 0"),
    ("average_precision_11", lambda r, p: float(np.mean(p)), "half of the events"),
    ("average_precision_11", average_at_recall, "a recall of exactly 0.3"),
    ("suppress", chain_suppress, "a chain of three"),
    ("suppress", lambda f, s, w: suppress(f, s, w - 1), "exactly a window apart"),
    ("suppress", lambda f, s, w: [x for x in f if x in suppress(f, s, w)], "in another order"),
    ("suppress", lambda f, s, w: suppress(f, s, w) if all(s) else suppress(f[1:], s[1:], w), "score of 0"),
    ("clip_starts", lambda n, c, o: list(range(0, n - c + 1, round(c * (1 - o)))), "a tail"),
    ("clip_starts", lambda n, c, o: [*range(0, n - c, max(round(c * (1 - o)), 1)), n - c], "shorter than a clip"),
    ("clip_starts", lambda n, c, o: [*range(0, max(n - c, 0), max(int(c * (1 - o)), 1)), max(n - c, 0)],
     "90 % overlap"),
    ("clip_starts", lambda n, c, o: list(range(max(n - c, 0) + 1)), "without overlap"),
    ("dilate", lambda t, r: np.array([max(t[max(i - r, 0) : i + r + 1]) for i in range(len(t))]), "in reach of"),
    ("dilate", lambda t, r: t, "one event"),
    ("weighted_cross_entropy", lambda x, y, w: -(y * w * x.log_softmax(1)).sum(1).mean(), "events weigh 5"),
    ("weighted_cross_entropy", lambda x, y, w: weighted_cross_entropy(x, np.eye(3)[y.argmax(1)], w), "soft"),
    ("weighted_cross_entropy",
     lambda x, y, w: -(y * w * (x.exp() / x.exp().sum(1, keepdim=True)).log()).sum() / (y * w).sum(), "logits of 1000"),
    ("spot_kind", lambda *arguments: "duplicate", "an empty video"),
    ("spot_kind", exclusive, "a label exactly on the radius"),
    ("spot_kind", own_first, "a label of its class further off that was found"),
    ("paired_gaps", lambda first, second, labels, draws: paired_gaps(second, first, labels, draws),
     "one draw of every"),
    ("paired_gaps", unpaired, "a match twice"),
    ("calibration_error", equal_bins, "bins of different size"),
    ("calibration_error", last_bin_open, "a score of 1"),
    ("calibration_error", lambda scores, hits, num_bins: (scores - hits).mean(), "one spot that is right"),
    ("halvings", lambda n, levels: [math.ceil(n / 2**i) for i in range(levels)], "power of two"),
    ("halvings", lambda n, levels: [n // 2**i for i in range(levels + 1)], "full recipe"),
    ("max_to", lambda v, n: [v[i * (len(v) // n) : (i + 1) * (len(v) // n)].max() for i in range(n)], "overlap"),
    ("max_to", lambda v, n: [max([0, *part]) for part in np.array_split(v, n)], "as many shares"),
    ("max_to", lambda v, n: [part.mean() for part in np.array_split(v, n)], "two shares of two"),
    ("mixer_window", lambda v, w, k, g: filtered(v, w) + filtered(v, k), "one tap"),
    ("mixer_window", lambda v, w, k, g: v * (filtered(v, w) + filtered(v, k)), "one step ahead"),
    ("mixer_window", lambda v, w, k, g: mixer_window(v, w[::-1], k[::-1], g[::-1]), "one step back"),
    ("mixer_window", lambda v, w, k, g: same(v, g) * (same(v, w) + same(v, k)), "shorter than the long"),
    ("shift_halves", rolled, "three steps, two channels"),
    ("shift_halves", lambda x: shift_halves(x[::-1])[::-1], "three steps, two channels"),
    ("shift_halves", lambda x: shift_halves(x)[:, :2], "four channels"),
    ("gate_and_shift", lambda values, gates: values * 0, "closed gates"),
    ("gate_and_shift", lambda values, gates: values, "open gates"),
    ("gate_and_shift", gate_of_arrival, "one open gate"),
    ("gate_and_shift", lambda values, gates: gate_and_shift(values, np.maximum(gates, 0)), "a negative gate"),
    ("gru_step", lambda x, h, *weights: h, "all weights 0"),
    ("gru_step", roles_swapped, "z at 1: keep"),
    ("gru_step", reset_before_u, "r at 0: forget before writing"),
    ("srt_clock", lambda seconds: f"{seconds:.3f}", "the beginning"),
    ("srt_clock", cutting_clock, "just before a minute"),
    ("srt_clock", lambda seconds: "00:" + clock(seconds, ",")[3:], "more than an hour"),
    ("kept_parts", lambda num_steps, window, margin: [(0, margin, window - margin)], "one window"),
    ("kept_parts", without_last, "steps left over"),
    ("kept_parts", lambda n, w, m: [(s, s, s + w) for s in range(0, n - w + 1, max(w - 2 * m, 1))], "two windows"),
    ("correct_spots", lambda spots, rejected, moved: spots, "one rejected"),
    ("correct_spots", lambda spots, rejected, moved: [s for s in spots if s not in rejected], "one moved"),
    ("correct_spots", lambda spots, rejected, moved: [(moved.get(s, s[0]), s[1]) for s in spots if s not in rejected],
     "one moved to the front"),
    ("share_gaps", counts_as_shares, "twice as many of everything"),
    ("share_gaps", lambda here, there: {k: v / 100 for k, v in share_gaps(here, there).items()}, "half against"),
    ("share_gaps", own_classes_only, "a class that is not here"),
    ("share_gaps", lambda here, there: {k: share_gaps(here, there)[k] for k in there}, "a class that is only here"),
    ("share_gaps", lambda here, there: share_gaps(here, there) if sum(here.values()) else {}, "nothing here yet"),
    ("unsafe_names", lambda names: [], ".."),
    ("unsafe_names", lambda names: [n for n in names if ".." in n], "dots that are no way up"),
    ("unsafe_names", lambda names: [n for n in names if ".." in n.split("/")], "absolute names"),
    ("unsafe_names", lambda names: [n for n in names if ".." in n.split("/") or n[0] == "/"], "Windows"),
    ("unsafe_names", lambda names: [n for n in names if unsafe_names([n]) or ":" in n], "a colon further on"),
    ("leaking_matches", lambda splits: [], "a match in both"),
    ("leaking_matches", lambda splits: sorted({(d, "reading") for d, _ in leaking_matches(splits)}), "folders before"),
    ("window_reach", lambda kernel, k, layers: 0, "the layer of this notebook"),
    ("window_reach", lambda kernel, k, layers: window_reach(kernel, k, 1), "two of them"),
    ("window_reach", lambda kernel, k, layers: layers * (round((kernel + 1) * k) // 2), "a k below 1"),
    ("fold_windows", lambda kernels, mix: np.zeros((len(mix), len(mix), 7)), "only dilation 1"),
    ("fold_windows", lambda kernels, mix: np.pad(sum(kernels), ((0, 0), (0, 0), (2, 2))), "only dilation 3"),
    ("fold_windows", lambda kernels, mix: fold_windows(kernels, mix)[:, :, ::-1], "the left taps"),
    ("fold_windows", lambda kernels, mix: fold_windows(kernels, np.tile(np.eye(len(mix)), 3)),
     "a 1x1 that weighs them"),
    ("fold_windows", lambda kernels, mix: fold_windows(kernels, mix).swapaxes(0, 1), "two channels"),
    ("branch_sees", lambda step, stride, num_steps: [], "the fast branch"),
    ("branch_sees", lambda step, stride, num_steps: [step - 1, step, step + 1], "a step between two looks"),
    ("branch_sees", lambda s, stride, n: [stride * (s // stride) + i for i in (-1, 0, 1)], "the first step"),
    ("branch_sees", lambda s, stride, n: [i for i in branch_sees(s, stride, n + 1) if i >= 0], "the last step of"),
    ("upsample_on_grid", repeated, "two looks, two steps apart"),
    ("still_standing", lambda p_values, level: [p <= level for p in p_values], "one that falls and takes"),
    ("still_standing", bonferroni, "two"),
    ("still_standing", holm_in_rank_order, "the order of the input"),
    ("wave_positions", lambda T, dim: np.zeros((T, dim)), "step 0 alone"),
    ("wave_positions", lambda T, dim: wave_positions(T + 1, dim)[1:] if T > 1 else wave_positions(T, dim),
     "two columns"),
    ("wave_positions", sines_before_cosines, "four columns"),
    ("wave_positions", lambda T, dim: wave_positions(T, dim) if dim < 10 else wave_positions(T, dim).round(1),
     "as many as"),
    ("local_attention", lambda queries, keys, values, reach: values, "all within reach"),
    ("local_attention", lambda queries, keys, values, reach: local_attention(queries, keys, values, 99), "reach 1"),
    ("local_attention", lambda queries, keys, values, reach: local_attention(queries, keys, values, max(reach, 1)),
     "reach 0"),
    ("local_attention", lambda queries, keys, values, reach: local_attention(2 * queries, keys, values, reach),
     "everything"),
    ("local_attention",
     lambda queries, keys, values, reach: local_attention(queries, keys, values, 1 if reach == 2 else reach),
     "reach 2"),
    ("local_attention", without_subtracting, "thousands"),
    ("combined_score", lambda temporal, spatial: 0.0, "two equal halves"),
    ("combined_score", plain_mean, "a low half"),
    ("combined_score", with_tolerance_0, "tolerance 0:"),
    ("combined_score", strict_spatial, "tolerance 0 of the spatial part"),
    ("chain_best", lambda frames, scores, reach: [], "one spot"),
    ("chain_best", lambda frames, scores, reach: list(frames), "two close ones"),
    ("chain_best", lambda frames, scores, reach: chain_best(frames, scores, reach - 1), "exactly in reach"),
    ("chain_best", reach_from_the_last, "a chain that falls"),
    ("chain_best", reach_from_the_first, "a bump"),
    ("chain_best", later_of_equals, "equal scores"),
    ("place_at_height", on_the_floor, "a camera, a ball up high"),
    ("place_at_height", without_dividing, "a camera, a ball on the floor"),
    ("steps_seen", lambda dilations, taps=3: 0, "no layer"),
    ("steps_seen", lambda dilations, taps=3: taps ** len(dilations), "the slides' two layers"),
    ("steps_seen", lambda dilations, taps=3: 1 + 2 * len(dilations), "one dilated layer"),
    ("steps_seen", lambda dilations, taps=3: 1 + 2 * sum(dilations), "one tap"),
    ("causal_convolution", centred, "the last tap alone"),
    ("causal_convolution", lambda x, w, b, d: causal_convolution(x, w, 0 * b, d), "a bias"),
    ("causal_convolution", lambda x, w, b, d: causal_convolution(x, w, b, 1), "the first tap, dilation 2"),
    ("causal_convolution", lambda x, w, b, d: np.maximum(causal_convolution(x, w, b, d), 0), "several"),
    ("conv_multiplications", lambda i, o, k, g, out: i * o * math.prod(k) * math.prod(out), "a depthwise 3x3x3"),
    ("conv_multiplications", lambda i, o, k, g, out: conv_multiplications(i, o, k, g, (1, 1, 1)),
     "three taps over time"),
    ("conv_multiplications", lambda i, o, k, g, out: math.prod(out) * o * math.prod(k), "a 1x1x1 layer"),
    ("conv_multiplications", lambda i, o, k, g, out: conv_multiplications(i, o, k, 1 if g == 1 else i, out),
     "two groups"),
    ("gate_each_step", lambda x, *w: gate_each_step(x, *w, axis=(1, 2, 3)), "one step flashes"),
    ("gate_each_step", lambda x, *w: gate_each_step(x, *w, bend=lambda z: z), "negative sum"),
    ("gate_each_step", lambda x, w1, b1, w2, b2: gate_each_step(x, w1, 0 * b1, w2, b2), "biases"),
    ("gate_each_step", lambda x, w1, b1, w2, b2: gate_each_step(x, w1, b1, w2, b2) / x, "one channel, one step"),
    ("gate_each_step", lambda x, *w: gate_each_step(x.swapaxes(1, 3), *w).swapaxes(1, 3), "a clip that stands still"),
]  # fmt: skip
