"""The model's APIs: each module turns our conversation into one SDK's request and back."""
