"""The four boards, as data. make_boards.py makes Grafana's JSON of it.

In queries, {} stands for the board's variables as label matchers, and {x=...}
for more of them; `[rate]` is the interval that Grafana finds fit.
"""

import dataclasses


@dataclasses.dataclass
class Panel:
    """One figure: `queries` are (PromQL, legend)."""

    title: str
    queries: list
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    stack: bool = False
    log: bool = False
    # Of a ratio or count: (colour, from).
    thresholds: list = dataclasses.field(default_factory=list)
    about: str = ""


@dataclasses.dataclass
class Board:
    name: str
    title: str
    # Beside `namespace`: label name -> metric that has all its values.
    variables: dict
    rows: dict


GOOD_RATIO = [("red", None), ("orange", 0.95), ("green", 0.99)]
BAD_RATIO = [("green", None), ("orange", 0.5), ("red", 0.8)]
BAD_COUNT = [("green", None), ("red", 1)]


def quantiles(metric, by="", matchers=""):
    """Median, p95 and p99 of a histogram."""
    labels, prefix = (f"{by}, le", f"{{{{{by}}}}} ") if by else ("le", "")
    return [
        (
            f"histogram_quantile({q}, sum by ({labels}) "
            f"(rate({metric}_bucket{{{matchers}}}[rate])))",
            f"{prefix}p{int(q * 100)}",
        )
        for q in (0.5, 0.95, 0.99)
    ]


PIPELINES = Board(
    name="pipelines",
    title="Stagecoach / Pipelines",
    variables={"pipeline": "stagecoach_runs"},
    rows={
        "Now": [
            Panel(
                "Runs that have not ended",
                [("sum by (state) (stagecoach_runs{})", "{{state}}")],
                kind="stat",
                width=6,
            ),
            Panel(
                "Runs that succeed, of the last hour",
                [("stagecoach:run_success:ratio_rate1h{}", "{{pipeline}}")],
                unit="percentunit",
                kind="stat",
                width=6,
                thresholds=GOOD_RATIO,
                about="Objective: 99 %. Cancelled runs do not count.",
            ),
            Panel(
                "Overhead",
                [("stagecoach:run_overhead:ratio_rate5m{}", "{{pipeline}}")],
                unit="percentunit",
                kind="stat",
                width=6,
                thresholds=BAD_RATIO,
                about="Part of the time of runs that succeed which is not "
                "reading, computing or writing: waiting for a slot, calls, "
                "commits, lost work.",
            ),
            Panel(
                "Since the last success",
                [
                    (
                        "time() - max by (pipeline) "
                        "(stagecoach_run_last_success_timestamp_seconds{})",
                        "{{pipeline}}",
                    )
                ],
                unit="s",
                kind="stat",
                width=6,
            ),
        ],
        "Runs": [
            Panel(
                "Runs a minute, by outcome",
                [
                    (
                        "60 * sum by (outcome) "
                        "(rate(stagecoach_runs_total{}[rate]))",
                        "{{outcome}}",
                    )
                ],
            ),
            Panel(
                "Runs that succeed",
                [
                    (
                        "stagecoach:run_success:ratio_rate5m{}",
                        "{{pipeline}} 5m",
                    ),
                    (
                        "stagecoach:run_success:ratio_rate1h{}",
                        "{{pipeline}} 1h",
                    ),
                    (
                        "stagecoach:run_success:ratio_rate1d{}",
                        "{{pipeline}} 1d",
                    ),
                ],
                unit="percentunit",
            ),
            Panel(
                "Time of a run that succeeds",
                [
                    ("stagecoach:run_seconds:p50_rate5m{}", "{{pipeline}} p50"),
                    ("stagecoach:run_seconds:p95_rate5m{}", "{{pipeline}} p95"),
                    ("stagecoach:run_seconds:p99_rate5m{}", "{{pipeline}} p99"),
                ],
                unit="s",
            ),
        ],
        "Where time goes": [
            Panel(
                "Seconds a second, by stage and phase",
                [
                    (
                        "sum by (stage, phase) "
                        "(rate(stagecoach_step_seconds_sum{!}[rate])) > 0",
                        "{{stage}} {{phase}}",
                    )
                ],
                unit="s",
                stack=True,
                about="Of all pipelines. `wait` is for a free slot, `dispatch` "
                "the call, `queue` inside the stage.",
            ),
            Panel(
                "Overhead of a run",
                quantiles("stagecoach_run_overhead_seconds"),
                unit="s",
            ),
            Panel(
                "Overhead, part of the time",
                [("stagecoach:run_overhead:ratio_rate5m{}", "{{pipeline}}")],
                unit="percentunit",
            ),
        ],
        "Waiting and trouble": [
            Panel(
                "Steps that wait for a slot",
                [("sum by (stage) (stagecoach_steps_waiting{!})", "{{stage}}")],
            ),
            Panel(
                "Longest wait now",
                [
                    (
                        "max by (stage) ((time() - "
                        "stagecoach_steps_oldest_wait_timestamp_seconds{!}) * "
                        "(stagecoach_steps_oldest_wait_timestamp_seconds{!} "
                        "> bool 0))",
                        "{{stage}}",
                    )
                ],
                unit="s",
            ),
            Panel(
                "Look-ups of earlier results a minute",
                [
                    (
                        "60 * sum by (result) (rate("
                        "stagecoach_cache_lookups_total{!}[rate]))",
                        "{{result}}",
                    )
                ],
            ),
            Panel(
                "Attempts that did not succeed, a minute",
                [
                    (
                        "60 * sum by (stage, outcome, code) (rate("
                        "stagecoach_step_attempts_total"
                        '{!outcome!="succeeded"}[rate]))',
                        "{{stage}} {{outcome}} {{code}}",
                    )
                ],
                about="`lost` ones cost a run time but none of its retries.",
            ),
        ],
    },
)

STAGES = Board(
    name="stages",
    title="Stagecoach / Stages",
    variables={
        "stage": "stagecoach_stage_slots",
        "instance": "stagecoach_stage_slots",
    },
    rows={
        "Capacity": [
            Panel(
                "Running, and slots",
                [
                    (
                        "sum by (stage) "
                        "(stagecoach_stage_executions_running{})",
                        "{{stage}} running",
                    ),
                    (
                        "sum by (stage) (stagecoach_stage_slots{})",
                        "{{stage}} slots",
                    ),
                ],
            ),
            Panel(
                "Saturation",
                [("stagecoach:stage_saturation:ratio{-instance}", "{{stage}}")],
                unit="percentunit",
                thresholds=BAD_RATIO,
                about="What there is to do over the slots; above 100 %, steps "
                "wait.",
            ),
            Panel(
                "Replicas, as the orchestrator sees them",
                [
                    (
                        "sum by (stage, state) "
                        "(stagecoach_fleet_replicas{-instance}) > 0",
                        "{{stage}} {{state}}",
                    )
                ],
            ),
        ],
        "Executions": [
            Panel(
                "Executions a second, by outcome",
                [
                    (
                        "sum by (outcome) "
                        "(rate(stagecoach_stage_executions_total{}[rate]))",
                        "{{outcome}}",
                    )
                ],
            ),
            Panel(
                "Time of an execution",
                quantiles("stagecoach_stage_execution_wall_seconds", "stage"),
                unit="s",
            ),
            Panel(
                "Seconds a second, by phase",
                [
                    (
                        "sum by (stage, phase) "
                        "(rate(stagecoach_stage_execution_seconds_sum{}[rate]))"
                        " > 0",
                        "{{stage}} {{phase}}",
                    )
                ],
                unit="s",
                stack=True,
            ),
            Panel(
                "Executions a second, by replica",
                [
                    (
                        "sum by (instance) "
                        "(rate(stagecoach_stage_executions_total{}[rate]))",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Imbalance",
                [
                    (
                        "stagecoach:stage_imbalance:ratio_rate5m{-instance}",
                        "{{stage}}",
                    )
                ],
                about="The busiest replica over the average; 1 is even.",
            ),
            Panel(
                "Refused a minute, by reason",
                [
                    (
                        "60 * sum by (reason) "
                        "(rate(stagecoach_stage_rejected_total{}[rate]))",
                        "{{reason}}",
                    )
                ],
            ),
        ],
        "Calls": [
            Panel(
                "Messages a second, by method",
                [
                    (
                        "sum by (grpc_method) "
                        "(rate(grpc_server_msg_received_total"
                        '{-stage,grpc_service=~"stagecoach.*"}[rate])) > 0',
                        "{{grpc_method}}",
                    )
                ],
                about="One of `ExecuteMany` may ask for many executions.",
            ),
            Panel(
                "Time of a call, p99",
                [
                    (
                        "histogram_quantile(0.99, sum by (grpc_method, le) "
                        "(rate(grpc_server_handling_seconds_bucket"
                        '{-stage,grpc_service=~"stagecoach.*",'
                        'grpc_method!="ExecuteMany"}[rate]))) >= 0',
                        "{{grpc_method}}",
                    )
                ],
                unit="s",
                about="`Execute` lasts as long as the work that it asks for; "
                "`ExecuteMany` as long as the connection, and is left out.",
            ),
        ],
        "Replicas": [
            Panel(
                "Ready (1), draining (2)",
                [
                    (
                        "stagecoach_stage_ready{} + 2 * "
                        "stagecoach_stage_draining{}",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Memory",
                [("process_resident_memory_bytes{-stage}", "{{instance}}")],
                unit="bytes",
            ),
            Panel(
                "Processors in use",
                [
                    (
                        "rate(process_cpu_seconds_total{-stage}[rate])",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Time since the start",
                [
                    (
                        "time() - process_start_time_seconds{-stage}",
                        "{{instance}}",
                    )
                ],
                unit="s",
            ),
            Panel(
                "Open files, part of the limit",
                [
                    (
                        "process_open_fds{-stage} / process_max_fds{-stage}",
                        "{{instance}}",
                    )
                ],
                unit="percentunit",
            ),
            Panel(
                "What runs",
                [
                    (
                        "count by (component, version, revision) "
                        "(stagecoach_build_info{-stage})",
                        "{{component}} {{version}} {{revision}}",
                    )
                ],
                kind="table",
            ),
        ],
    },
)

TRAINING = Board(
    name="training",
    title="Stagecoach / Training",
    variables={"instance": "stagecoach_train_loss"},
    rows={
        "Quality": [
            Panel(
                "Loss",
                [("stagecoach_train_loss{} > 0", "{{instance}}")],
                width=12,
                log=True,
                about="Mean squared error of the last epoch that ended.",
            ),
            Panel(
                "Metrics of the last evaluation",
                [("stagecoach_train_metric{} > 0", "{{instance}} {{name}}")],
                width=12,
            ),
        ],
        "Speed": [
            Panel(
                "Windows a second",
                [
                    (
                        "rate(stagecoach_train_samples_total{}[rate])",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Time of an epoch",
                quantiles("stagecoach_train_epoch_seconds"),
                unit="s",
            ),
            Panel(
                "Epochs a second",
                [
                    (
                        "rate(stagecoach_train_epochs_total{}[rate])",
                        "{{instance}}",
                    )
                ],
            ),
        ],
        "Checkpoints": [
            Panel(
                "Checkpoints a minute",
                [
                    (
                        "60 * sum by (outcome) "
                        "(rate(stagecoach_train_checkpoints_total{}[rate]))",
                        "{{outcome}}",
                    )
                ],
            ),
            Panel(
                "Time to save one",
                quantiles("stagecoach_train_checkpoint_seconds"),
                unit="s",
            ),
            Panel(
                "Since the last one",
                [
                    (
                        "time() - "
                        "(stagecoach_train_last_checkpoint_timestamp_seconds{}"
                        " > 0)",
                        "{{instance}}",
                    )
                ],
                unit="s",
            ),
        ],
        "Executions": [
            Panel(
                "Training now",
                [
                    (
                        'stagecoach_stage_executions_running{stage="train"}',
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Gone on from a checkpoint",
                [("stagecoach_train_resumes_total{}", "{{instance}}")],
            ),
            Panel(
                "Threads of libtorch",
                [("stagecoach_torch_threads{}", "{{instance}} {{kind}}")],
            ),
        ],
    },
)

CONTROL_PLANE = Board(
    name="control-plane",
    title="Stagecoach / Volume and control plane",
    variables={"instance": "stagecoach_build_info"},
    rows={
        "Volume": [
            Panel(
                "Volumes that answer",
                [
                    (
                        "min by (volume) (stagecoach_artifact_volume_up{})",
                        "{{volume}}",
                    )
                ],
                kind="stat",
                width=6,
                thresholds=[("red", None), ("green", 1)],
            ),
            Panel(
                "Free",
                [
                    (
                        "min by (volume) "
                        "(stagecoach_artifact_volume_free_bytes{})",
                        "{{volume}}",
                    )
                ],
                unit="bytes",
                width=6,
            ),
            Panel(
                "Files that may still be made",
                [
                    (
                        "min by (volume) "
                        "(stagecoach_artifact_volume_free_inodes{})",
                        "{{volume}}",
                    )
                ],
                width=6,
            ),
            Panel(
                "Probe",
                quantiles("stagecoach_artifact_volume_probe_seconds"),
                unit="s",
                width=6,
            ),
            Panel(
                "Time of an operation, p99",
                [
                    (
                        "histogram_quantile(0.99, sum by (op, le) (rate("
                        "stagecoach_artifact_io_seconds_bucket{}[rate]))) >= 0",
                        "{{op}}",
                    )
                ],
                unit="s",
            ),
            Panel(
                "Bytes a second",
                [
                    (
                        "sum by (op) "
                        "(rate(stagecoach_artifact_io_bytes_total{}[rate]))",
                        "{{op}}",
                    )
                ],
                unit="Bps",
            ),
            Panel(
                "Errors a minute, by reason",
                [
                    (
                        "60 * sum by (reason) "
                        "(rate(stagecoach_artifact_io_errors_total{}[rate]))",
                        "{{reason}}",
                    )
                ],
            ),
        ],
        "Run store": [
            Panel(
                "Time of a commit",
                quantiles("stagecoach_store_commit_seconds"),
                unit="s",
            ),
            Panel(
                "Commits and transitions a second",
                [
                    (
                        "sum (rate(stagecoach_store_commit_seconds_count"
                        "{}[rate]))",
                        "commits",
                    ),
                    (
                        "sum (rate("
                        "stagecoach_store_committed_transitions_total"
                        "{}[rate]))",
                        "transitions",
                    ),
                ],
            ),
            Panel(
                "Writes that failed, of the last 5 minutes",
                [
                    (
                        "sum (increase("
                        "stagecoach_store_commit_failures_total{}[5m]))",
                        "failures",
                    )
                ],
                kind="stat",
                thresholds=BAD_COUNT,
            ),
            Panel(
                "Last start: time to take up runs",
                [("stagecoach_recovery_seconds{}", "{{instance}}")],
                unit="s",
                kind="stat",
            ),
            Panel(
                "Last start: runs taken up",
                [("stagecoach_recovered_runs_total{}", "{{instance}}")],
                kind="stat",
            ),
            Panel(
                "Requests answered by an earlier one's run",
                [
                    (
                        "60 * sum (rate("
                        "stagecoach_idempotent_replays_total{}[rate]))",
                        "a minute",
                    )
                ],
            ),
        ],
        "Retention": [
            Panel(
                "Deleted a minute",
                [
                    (
                        "60 * sum (rate("
                        "stagecoach_gc_deleted_runs_total{}[rate]))",
                        "runs",
                    ),
                    (
                        "60 * sum (rate("
                        "stagecoach_gc_deleted_orphans_total{}[rate]))",
                        "leftovers",
                    ),
                ],
                width=6,
            ),
            Panel(
                "Freed a second",
                [
                    (
                        "sum (rate(stagecoach_gc_deleted_bytes_total{}[rate]))",
                        "freed",
                    )
                ],
                unit="Bps",
                width=6,
            ),
            Panel(
                "Time of a collection",
                quantiles("stagecoach_gc_seconds"),
                unit="s",
                width=6,
            ),
            Panel(
                "Folders still to be removed, and failures of an hour",
                [
                    (
                        "sum (stagecoach_gc_pending_deletions{})",
                        "to be removed",
                    ),
                    (
                        "sum (increase(stagecoach_gc_failures_total{}[1h]))",
                        "failures",
                    ),
                ],
                kind="stat",
                width=6,
            ),
        ],
        "API": [
            Panel(
                "Calls a second",
                [
                    (
                        "sum by (grpc_method) (rate(grpc_server_started_total"
                        '{grpc_service="stagecoach.v1.Orchestrator"}[rate]))'
                        " > 0",
                        "{{grpc_method}}",
                    )
                ],
            ),
            Panel(
                "Calls to stages: time, p99",
                [
                    (
                        "histogram_quantile(0.99, sum by (grpc_method, le) "
                        "(rate(grpc_client_handling_seconds_bucket"
                        '{grpc_service=~"stagecoach.*",'
                        'grpc_method!="ExecuteMany"}[rate]))) >= 0',
                        "{{grpc_method}}",
                    )
                ],
                unit="s",
                about="`Execute` lasts as long as the work that it asks for; "
                "`ExecuteMany` as long as the connection, and is left out.",
            ),
            Panel(
                "Log records a minute, by level",
                [
                    (
                        "60 * sum by (level) "
                        "(rate(stagecoach_log_messages_total{}[rate]))",
                        "{{level}}",
                    )
                ],
            ),
        ],
    },
)

BOARDS = (PIPELINES, STAGES, TRAINING, CONTROL_PLANE)
