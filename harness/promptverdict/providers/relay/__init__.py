"""The APIs of Anthropic and OpenAI, answered by hand: a person, a chat window, a coding agent."""
