"""Twenty texts of agents and people that want to do something where they are shown."""

from __future__ import annotations

TEXTS = {
    "script": "<script>document.title = 'owned'</script>",
    "end of a script": "]]></script></style></textarea><script>alert(1)</script><!--",
    "event handler": "\"><img src=x onerror=\"document.title='owned'\"> ' onmouseover='alert(1)",
    "javascript link": "[x](javascript:alert(1)) <a href='JaVaScRiPt:alert(1)'>x</a>",
    "colours": "fine\x1b[2J\x1b[H\x1b[31mred\x1b[0m\x9b31m\x90q\x9c",
    "terminal links": "\x1b]8;;http://x.y\x07x\x1b]8;;\x07\x1b]52;c;cm0gLXJm\x07\x1b]0;t\x07\x07",
    "carriage return": "1 failed\r1 passed\x08\x08\x08\x0b\x0c\x7f",
    "right to left": "ok \u202etxt.exe\u202c \u2066a\u2069 \u200fb\u061c",
    "Markdown table": "| a | b |\n|---|---|\n| @everyone | fixes #1 GH-2 0123abc |\n\n# Improved",
    "image and fence": "![b](https://x.y/z.png)\n```\n~~~\n<img src='//x.y'>\n````\n## Improved",
    "end of a comment": "--> </details></sub><!-- promptverdict --> <!-- x",
    "workflow commands": "::error::owned\n  ::set-output name=a::b\n::add-mask::a\n##[error]owned",
    "other runners": "##vso[task.setvariable variable=a]b\n##teamcity[buildStop]\n##[group]x",
    "formulas": "=cmd|'/c calc'!A0",
    "more formulas": "@SUM(1)\n+1\n-1\t=1\r=2",
    "full-width formulas": "\uff1d1+1 \uff0b1 \uff0d1 \uff20SUM(1)",
    "half characters": "\ud800 \udfff \ud83d. \ufdd0\uffff\ufffe",
    "NUL and controls": "a\x00b\x01\x02\x1a\x1c\x1d\x1e\x1f\x85",
    "separators": "a\u2028b\u2029c\u200bd\ufeffe\u00adf\U000e0041g\u3164h\u115f",
    "templates": "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %> [bold red]x[/] [/x] [link=http://x.y]y[/link]",
    "entities": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;&#x1b;&lt;b&gt;<![CDATA[x]]>",
}


def make_flood(size: int) -> str:
    """Make so many characters of output, in lines and with what ends lines and colours."""
    return ("x" * 997 + "\x1b[m\n") * (size // 1000)
