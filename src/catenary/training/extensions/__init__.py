"""Extensions: what happens between updates: evaluation, logs, tables, schedules, snapshots.

May import `reporter`, `serializers` and the other rooms that `training` may. Registered with
`Trainer.extend`; they see the trainer, and the trainer knows none of them.
"""

from __future__ import annotations

from catenary.training.extensions import snapshot_writers
from catenary.training.extensions._snapshot import snapshot, snapshot_object
from catenary.training.extensions.computational_graph import DumpGraph
from catenary.training.extensions.evaluator import Evaluator
from catenary.training.extensions.exponential_shift import ExponentialShift
from catenary.training.extensions.fail_on_nonnumber import FailOnNonNumber
from catenary.training.extensions.inverse_shift import InverseShift
from catenary.training.extensions.linear_shift import LinearShift
from catenary.training.extensions.log_report import LogReport
from catenary.training.extensions.micro_average import MicroAverage
from catenary.training.extensions.multistep_shift import MultistepShift
from catenary.training.extensions.parameter_statistics import ParameterStatistics
from catenary.training.extensions.plot_report import PlotReport
from catenary.training.extensions.plots import (
    plot_accuracy,
    plot_gradient_norms,
    plot_loss,
    plot_lr,
    plot_update_ratios,
)
from catenary.training.extensions.polynomial_shift import PolynomialShift
from catenary.training.extensions.print_report import PrintReport
from catenary.training.extensions.print_report_notebook import PrintReportNotebook
from catenary.training.extensions.progress_bar import ProgressBar
from catenary.training.extensions.step_shift import StepShift
from catenary.training.extensions.tensorboard import TensorBoard
from catenary.training.extensions.value_observation import observe_lr, observe_value
from catenary.training.extensions.variable_statistics_plot import VariableStatisticsPlot
from catenary.training.extensions.variable_unchain import unchain_variables
from catenary.training.extensions.warmup_shift import WarmupShift

dump_graph = DumpGraph  # Chainer's older name

__all__ = [
    "DumpGraph",
    "Evaluator",
    "ExponentialShift",
    "FailOnNonNumber",
    "InverseShift",
    "LinearShift",
    "LogReport",
    "MicroAverage",
    "MultistepShift",
    "ParameterStatistics",
    "PlotReport",
    "PolynomialShift",
    "PrintReport",
    "PrintReportNotebook",
    "ProgressBar",
    "StepShift",
    "TensorBoard",
    "VariableStatisticsPlot",
    "WarmupShift",
    "dump_graph",
    "observe_lr",
    "observe_value",
    "plot_accuracy",
    "plot_gradient_norms",
    "plot_loss",
    "plot_lr",
    "plot_update_ratios",
    "snapshot",
    "snapshot_object",
    "snapshot_writers",
    "unchain_variables",
]
