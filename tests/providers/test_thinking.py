"""Thinking at the beginning of an answer's text: what is kept apart, and what is the answer."""

from __future__ import annotations

from promptverdict.providers.thinking import is_in_text, read_text, split_thinking
from promptverdict.trials.transcript import Opaque, Say

from tests.cases import try_cases

REST = "The answer."


@try_cases(
    "thinking",
    [
        "<think>I could not install it.</think>\n\n",
        "\n <think>\nHm.\n</think>\n",
        "<THINK>Hm.</THINK>",
        "<thinking>Hm. <b>x</b></thinking>",
        '<thinking effort="high">Hm.</thinking >',
        "<thought>Hm.</thought>",
        "<thoughts>Hm.</thoughts>",
        "<reasoning>Hm.</reasoning>",
        "<seed:think>Hm.</seed:think>",
        "<思考>嗯。</思考>",
        "[THINK]Hm.[/THINK]",
        "◁think▷Hm.◁/think▷",
        "<|begin_of_thought|>Hm.<|end_of_thought|>\n",
        "<|START_THINKING|>Hm.<|END_THINKING|>",
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel>thought\nHm.<channel|>",
        "<think>One.</think>\n<think>Two.</think>\n",
        "<think></think>",
        "Hm, so.\n</think>\n\n",
    ],
)
def test_thinking_at_the_beginning_is_kept_apart(thinking: str) -> None:
    assert split_thinking(thinking + REST) == (thinking, REST)


@try_cases("text", ["<think>I go on and on", "<thinking>", "[THINK]Hm. </think>"])
def test_thinking_that_is_not_closed_is_all_of_the_text(text: str) -> None:
    assert split_thinking(text) == (text, "")


@try_cases(
    "text",
    [
        "",
        "  ",
        REST,
        "The tag <think>x</think> marks thinking.",
        "It ends with </think> there.",
        "As a model wrote:\n```\nHm.\n</think>\n```\n",
        "<thinker>x</thinker>",
        "<b>bold</b>",
        "<analysis>The sum is 3.</analysis>",
        "[thinking about it]",
        '{"a": "<think>"}',
    ],
)
def test_tags_elsewhere_and_other_tags_are_part_of_the_answer(text: str) -> None:
    assert split_thinking(text) == ("", text)


def test_a_text_that_was_split_is_shown_in_two_blocks_and_kept_whole() -> None:
    whole = "<think>Hm.</think> Yes."
    thinking, say = read_text(whole, {"content": whole})
    assert thinking == Opaque(block={"type": "thinking", "in_text": "<think>Hm.</think>"})
    assert is_in_text(thinking)
    assert say == Say(text="Yes.", raw={"content": whole})
    assert read_text("Yes.", {"content": "Yes."}) == (Say(text="Yes."),)
    assert not is_in_text(Opaque(block={"type": "thinking", "thinking": "Hm."}))
