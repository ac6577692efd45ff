"""Claims of promptverdict.stats, held to published figures, to scipy, and to counting by hand."""
