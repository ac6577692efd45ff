"""The statistics: pure functions from scores to estimates, verdicts and gates.

The unit of inference is the scenario (or its family): trials are averaged inside a scenario first,
and k trials never count as k scenarios; `fixed` alone asks about these scenarios and no others, and
counts trials. Scores lie in 0..1; a result that is missing stays missing and is never a zero.
Nothing here reads a clock, a file or a random source without a fixed seed.

samples      scores as they come: checked, paired, missing ones counted
score        the interval and p of paired differences
looks        looks before all is in, that were planned: what a verdict takes then
compare      baseline against candidate: improved, regressed, inconclusive or invalid
newcombe     the interval of pooled trials, and the exact chance with which it errs
fixed        the same, about exactly these scenarios and no others
corrections  many behaviours at once: Holm, and Benjamini-Hochberg for screens
gates        may this be merged?
rates        one variant alone
suites       simulated suites, to plan with
planning     how many scenarios and trials show a change of a wanted size
screen       descriptive measures that no grader asked for: worth a look, never a gate
unbounded    latency, cost and tokens: ratios instead of differences
"""
