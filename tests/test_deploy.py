"""What is prepared for clusters: the commands are the program's own, and each process is started once."""

import re
import shlex
from pathlib import Path

import yaml

from lesson_lib.parallel.options import parse

DEPLOY = Path(__file__).parents[1] / "deploy"


def test_the_jobs_of_kubernetes_start_each_process_once():
    jobset = yaml.safe_load((DEPLOY / "jobset.yaml").read_text("utf-8"))
    (job,) = jobset["spec"]["replicatedJobs"]
    spec = job["template"]["spec"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["python", "-m", "lesson_lib.parallel"]
    index = "$(JOB_COMPLETION_INDEX)"
    assert sum(index in argument for argument in container["args"]) == 1
    for process_id in range(spec["completions"]):
        options = parse([argument.replace(index, str(process_id)) for argument in container["args"]])
        assert options.process_id == process_id
        assert options.num_processes == spec["completions"] == spec["parallelism"]
    name = jobset["metadata"]["name"]
    assert options.coordinator.split(":")[0] == f"{name}-{job['name']}-0-0.{name}"
    assert (spec["completionMode"], spec["backoffLimit"], pod["restartPolicy"]) == ("Indexed", 0, "Never")
    (mount,), (volume,) = container["volumeMounts"], pod["volumes"]
    assert str(options.checkpoints) == mount["mountPath"]
    assert mount["name"] == volume["name"]


def test_slurm_starts_what_finds_the_others_by_itself():
    script = (DEPLOY / "slurm.sh").read_text("utf-8")
    (command,) = re.findall(r"^srun (?:.*\\\n)*.*$", script, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    options = parse(words[words.index("lesson_lib.parallel") + 1 :])
    assert options.cluster
    assert options.checkpoints is not None
    assert "--kill-on-bad-exit=1" in words
    assert script.startswith("#!/bin/bash\n#SBATCH ")
