import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models import depthwise
from course_lib.models.depthwise import DepthwiseConv3d, LearningKernels, use_quick_depthwise


def layer(kernel=(3, 3, 3), stride=1, channels=6, dtype=torch.float64):
    padding = tuple(size // 2 for size in kernel)
    return nn.Conv3d(channels, channels, kernel, (1, stride, stride), padding, groups=channels, bias=False, dtype=dtype)


@pytest.mark.parametrize("kernel", [(3, 3, 3), (5, 1, 1), (1, 3, 3), (5, 3, 5)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("shape", [(2, 7, 9, 12), (1, 1, 4, 5), (3, 2, 1, 1)])
def test_output_and_both_gradients_equal_those_of_torch(kernel, stride, shape):
    torch.manual_seed(0)
    plain = layer(kernel, stride, dtype=torch.float32)
    quick = use_quick_depthwise(nn.Sequential(layer(kernel, stride, dtype=torch.float32)))[0]
    quick.load_state_dict(plain.state_dict())
    B, T, H, W = shape
    x = torch.randn(B, 6, T, H, W)
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    got, expected = quick(ours), plain(theirs)
    weights = torch.randn_like(expected)
    (got * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(quick.weight.grad, plain.weight.grad, rtol=1e-4, atol=1e-4)


def test_filter_gradient_by_loops():
    torch.manual_seed(1)
    quick = use_quick_depthwise(nn.Sequential(layer(channels=2, dtype=torch.float32)))[0]
    x = torch.randn(2, 2, 3, 2, 3)
    out = quick(x)
    weights = torch.randn_like(out)
    (out * weights).sum().backward()
    expected = torch.zeros_like(quick.weight)
    padded = F.pad(x, (1, 1, 1, 1, 1, 1))
    for c in range(2):
        for a in range(3):
            for b in range(3):
                for d in range(3):
                    seen = padded[:, c, a : a + 3, b : b + 2, d : d + 3]
                    expected[c, 0, a, b, d] = (seen * weights[:, c]).sum()
    torch.testing.assert_close(quick.weight.grad, expected, rtol=1e-4, atol=1e-5)


def test_gradients_where_only_one_is_wanted():
    torch.manual_seed(2)
    quick = use_quick_depthwise(nn.Sequential(layer(dtype=torch.float32)))[0]
    x = torch.randn(1, 6, 3, 4, 4, requires_grad=True)
    quick.requires_grad_(False)
    quick(x).sum().backward()
    assert x.grad is not None and quick.weight.grad is None
    quick.requires_grad_(True)
    quick(x.detach()).sum().backward()
    assert quick.weight.grad is not None


def test_fitting_layers_alone_are_turned():
    network = nn.Sequential(
        layer(dtype=torch.float32),
        nn.Conv3d(6, 6, 3, padding=1, bias=False),  # mixes channels
        nn.Conv3d(6, 6, 3, padding=1, groups=6),  # has a bias
        nn.Conv3d(6, 6, 3, groups=6, bias=False),  # shrinks
        nn.Conv3d(6, 6, 3, 2, 1, groups=6, bias=False),  # strides over time
        nn.Conv3d(6, 6, 3, padding=2, dilation=2, groups=6, bias=False),
        nn.Conv3d(6, 6, 2, padding=1, groups=6, bias=False),
    )
    names = list(network.state_dict())
    use_quick_depthwise(network)
    assert [isinstance(part, DepthwiseConv3d) for part in network] == [True] + [False] * 6
    assert list(network.state_dict()) == names


SMALL, LARGE = (2, 4), (9, 12)  # 8 and 108 pixels


@pytest.fixture
def taken(monkeypatch):
    """Whose gradients were asked for: (gradient, whose), in the order in which that happened."""
    calls = []
    for name in ("input_gradient", "filter_gradient", "torch_gradients"):
        whole = getattr(depthwise, name)

        def noted(*arguments, name=name, whole=whole):
            calls.append((name, arguments[4]) if len(arguments) == 5 else name)
            return whole(*arguments)

        monkeypatch.setattr(depthwise, name, noted)
    return calls


def learn(quick, size):
    x = torch.randn(1, 6, 3, *size, generator=torch.Generator().manual_seed(0), requires_grad=True)
    quick.zero_grad()
    quick(x).square().sum().backward()
    return x.grad, quick.weight.grad.clone()


@pytest.mark.parametrize("kernels", ["one thread", "more threads"])
def test_kernels_by_the_table(taken, kernels):
    quick = use_quick_depthwise(nn.Sequential(layer(dtype=torch.float32)))[0]
    quick.kernels = kernels
    learn(quick, SMALL)
    assert taken == [("torch_gradients", (False, True)), "input_gradient"]
    taken.clear()
    learn(quick, LARGE)
    assert taken == ["input_gradient", "filter_gradient"]
    quick.kernels = "ours"
    taken.clear()
    learn(quick, SMALL)
    assert taken == ["input_gradient", "filter_gradient"]


def test_where_ours_are_taken_no_choice_changes_a_bit_and_elsewhere_only_the_last():
    quick = use_quick_depthwise(nn.Sequential(layer(dtype=torch.float32)))[0]
    for size in (SMALL, LARGE):
        found = []
        for quick.kernels in depthwise.KERNELS:
            found.append(learn(quick, size))
        for others in found[1:]:
            for one, other in zip(found[0], others, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
                assert size == SMALL or torch.equal(one, other)


def test_the_choice_follows_the_threads_until_it_is_settled(monkeypatch):
    network = use_quick_depthwise(nn.Sequential(layer(dtype=torch.float32)))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert LearningKernels(network).state_dict() == {"kernels": "one thread"} and network[0].kernels == "one thread"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    again = LearningKernels(network)
    assert network[0].kernels == "more threads"
    again.load_state_dict({"kernels": "one thread"})
    assert network[0].kernels == "one thread" and again.state_dict() == {"kernels": "one thread"}
    with pytest.raises(ValueError, match="expected one of ours"):
        again.load_state_dict({"kernels": "theirs"})


def test_the_table_names_what_there_is():
    assert all(
        kernels in depthwise.KERNELS and gradient in ("input", "filter") and pixels > 0
        for (kernels, _, _, gradient), pixels in depthwise.THEIRS_UP_TO.items()
    )
    assert not any(kernels == "ours" for kernels, *_ in depthwise.THEIRS_UP_TO)
