"""The same training as a Kubernetes Job or a Slurm script, to be looked through and handed in by a person."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from knowledge.errors import InvalidInput

KINDS = ("k8s", "slurm")
_IMAGE = "plumbline-assistant:gpu"
_SLURM = """\
#!/bin/bash
#SBATCH --job-name=plumbline-train
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --output=plumbline-train-%j.log
# A job that was stopped goes on where it was when it is handed in again.
set -euo pipefail
export PLUMBLINE_WORKSPACE="${{PLUMBLINE_WORKSPACE:?set it to the workspace on the shared file system}}"
srun {command}
"""


def emitted(kind: str, command: Sequence[str]) -> str:
    """The file that runs `plumbline` with these arguments. Raises InvalidInput for a kind that is not known."""
    if kind not in KINDS:
        raise InvalidInput(f"--emit {kind}: not known; there are {' and '.join(KINDS)}")
    if kind == "slurm":
        return _SLURM.format(command=shlex.join(["plumbline", *command]))
    return _job(command)


def _job(command: Sequence[str]) -> str:
    """A Job in YAML; JSON is YAML too, but people read this."""
    arguments = "\n".join(f"            - {json.dumps(word, ensure_ascii=False)}" for word in command)
    return f"""\
apiVersion: batch/v1
kind: Job
metadata:
  name: plumbline-train
spec:
  # A pod that was stopped goes on where it was, from the checkpoint in the workspace
  backoffLimit: 6
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: train
          image: {_IMAGE}
          command: ["plumbline"]
          args:
{arguments}
          env:
            - name: PLUMBLINE_WORKSPACE
              value: /workspace
          resources:
            requests: {{cpu: "4", memory: 32Gi}}
            limits: {{nvidia.com/gpu: "1", memory: 64Gi}}
          volumeMounts:
            - name: workspace
              mountPath: /workspace
            - name: models
              mountPath: /models
      volumes:
        - name: workspace
          persistentVolumeClaim:
            claimName: plumbline-workspace
        - name: models
          persistentVolumeClaim:
            claimName: plumbline-models
"""
