"""
A trained model in ten lines
============================

x
"""

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()
model = load_pretrained("tiny-cinc2017", sampling_rate=sample.sampling_rate)
print((model.predict(sample.data) == sample.target).mean())
