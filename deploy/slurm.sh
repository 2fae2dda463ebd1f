#!/bin/bash
#SBATCH --job-name=mini-batch-live
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=4
#SBATCH --time=00:30:00
#SBATCH --requeue

# With graphics cards: --ntasks-per-node and --gpus-per-node the number of cards of a machine, and --gpus-per-task=1.
cd "$SLURM_SUBMIT_DIR" || exit
srun --kill-on-bad-exit=1 .venv/bin/python -m lesson_lib.parallel --cluster \
    --batch-size 1024 --epochs 10 --learning-rate 0.1 --checkpoints checkpoints
