"""Look here if you want to know what tests of agents that spawn share."""

from tests.resume.conftest import stage as stage
