"""Does the code still do what the rules say, and does the test ask for that now?"""

from probekit import Crash, check, evaluate, run_pytest

WANTED = {0: 0, 3: 0, 4: 20, 7: 80, 27: 480, 28: 500, 365: 500}


def main() -> None:
    code = f"from fees import late_fee\nout = [late_fee(days) for days in {list(WANTED)!r}]"
    answers = evaluate(code)
    right = list(WANTED.values())
    detail = answers.reason if isinstance(answers, Crash) else f"{answers}, wanted {right}"
    check("the-code-keeps-to-the-rules", answers == right, detail)
    ran = run_pytest()
    check("the-tests-pass", ran.exit_code == 0, f"pytest ended with {ran.exit_code}")


if __name__ == "__main__":
    main()
