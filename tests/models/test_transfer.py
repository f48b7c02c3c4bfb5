"""transfer: the same numbers, and results handed out when the next ones have been asked for."""

import numpy as np
import torch

from course_lib.models.transfer import one_behind, stacked, to_device

CPU = torch.device("cpu")


def test_on_a_cpu_nothing_is_copied_that_is_there():
    values = torch.arange(3)
    assert to_device(values, CPU) is values
    arrays = [np.full((2, 3), value, np.uint8) for value in (1, 2)]
    np.testing.assert_array_equal(stacked(arrays, CPU), np.stack(arrays))


def test_on_a_cpu_results_come_at_once():
    asked = []

    def results():
        for number in range(3):
            asked.append(number)
            yield number, {"twice": torch.tensor([2 * number])}

    for count, (number, arrays) in enumerate(one_behind(results()), 1):
        assert asked == list(range(count)) and arrays["twice"].tolist() == [2 * number]


class Remote:
    """A tensor that lies on a GPU, whose copy has arrived when the event after it has."""

    is_cuda = True

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def to(self, device, non_blocking):
        assert device == "cpu" and non_blocking
        return self.values


def test_from_a_gpu_each_result_comes_when_the_next_one_was_asked_for(monkeypatch):
    log = []

    class Event:
        def record(self):
            self.number = sum(line.startswith("copied") for line in log)
            log.append(f"copied {self.number}")

        def synchronize(self):
            log.append(f"waited for {self.number}")

    monkeypatch.setattr(torch.cuda, "Event", Event)
    results = ((number, {"rows": Remote(torch.tensor([number]))}) for number in range(3))
    for number, arrays in one_behind(results):
        assert arrays["rows"].tolist() == [number]
        log.append(f"used {number}")
    lines = "copied 0, copied 1, waited for 0, used 0, copied 2, waited for 1, used 1, waited for 2, used 2"
    assert ", ".join(log) == lines
    assert list(one_behind(iter(()))) == []
