#include "orchestrator/store/postgres_run_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/store/postgres_sql.h"
#include "orchestrator/store/run_rules.h"
#include "services/common/base/status_macros.h"

namespace stagecoach::postgres {
namespace {

// A unique value may be taken between our look and our write, by another
// orchestrator; the next look sees it. Each such race is with another one.
constexpr int kMaxTries = 5;

// The server takes less than 8,000 bytes.
constexpr size_t kMaxPayload = 7900;

std::string IdentityOf(const v1::Pipeline& pipeline) {
  return absl::StrCat(pipeline.name(), "/", pipeline.version(), "/",
                      SpecificationDigest(pipeline));
}

// What the writes of a round are judged by: in this order.
enum Look { kHeads, kTaken, kNumbers, kTransaction };

template <typename Round>
std::vector<PostgresStatement> LookAt(const Round& round) {
  PostgresArray updated = PostgresArray::Texts();
  PostgresArray inserted = PostgresArray::Texts();
  PostgresArray keys = PostgresArray::Texts();
  int64_t inserts = 0;
  for (const auto& entry : round) {
    const v1::Run& run = entry.write->run;
    if (!entry.write->insert) {
      updated.Add(run.id());
      continue;
    }
    ++inserts;
    inserted.Add(run.id());
    if (!run.idempotency_key().empty()) keys.Add(run.idempotency_key());
  }
  return {{kLockRuns, {updated}},
          {kFindTaken, {inserted, keys}},
          {kNextNumbers, {inserts}},
          {kTransactionNumber}};
}

struct Head {
  int64_t number = 0;
  v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
  int64_t lease_epoch = 0;
  int64_t event_count = 0;
};

absl::flat_hash_map<std::string, Head> HeadsOf(const PostgresRows& rows) {
  absl::flat_hash_map<std::string, Head> heads;
  for (int i = 0; i < rows.size(); ++i) {
    heads[rows.Bytes(i, 0)] = {
        .number = rows.Integer(i, 1),
        .state = static_cast<v1::RunState>(rows.Integer(i, 2)),
        .lease_epoch = rows.Integer(i, 3),
        .event_count = rows.Integer(i, 4)};
  }
  return heads;
}

// Ids of runs by their idempotency key, and by their id.
struct Taken {
  absl::flat_hash_map<std::string, std::string> by_key;
  absl::flat_hash_map<std::string, std::string> by_id;
};

Taken TakenOf(const PostgresRows& rows) {
  Taken taken;
  for (int i = 0; i < rows.size(); ++i) {
    const std::string id(rows.Bytes(i, 0));
    taken.by_id[id] = id;
    taken.by_key[rows.Bytes(i, 1)] = id;
  }
  return taken;
}

absl::Status CheckInsert(const v1::Run& run, const Taken& taken) {
  if (!run.idempotency_key().empty()) {
    const auto found = taken.by_key.find(run.idempotency_key());
    if (found != taken.by_key.end()) {
      return KeyTaken(run.idempotency_key(), found->second);
    }
  }
  return taken.by_id.contains(run.id()) ? RunIdTaken(run.id())
                                        : absl::OkStatus();
}

// Ids with blanks between, in as many statements as they need.
template <typename Rounds>
std::vector<PostgresStatement> Notifications(const Rounds& rounds) {
  std::vector<std::string> payloads;
  for (const auto& round : rounds) {
    for (const auto& entry : round) {
      const std::string& id = entry.write->run.id();
      if (payloads.empty() ||
          payloads.back().size() + id.size() >= kMaxPayload) {
        payloads.push_back(id);
      } else {
        absl::StrAppend(&payloads.back(), " ", id);
      }
    }
  }
  std::vector<PostgresStatement> statements;
  for (const std::string& payload : payloads) {
    statements.push_back({kNotify, {payload}});
  }
  return statements;
}

}  // namespace

RunWriter::Outcome RunWriter::Commit(PostgresConnection& db,
                                     absl::Span<const RunWrite> writes,
                                     bool notify) {
  Outcome outcome;
  outcome.statuses.resize(writes.size());
  if (writes.empty()) return outcome;
  // Writes of one run, or of one key, see those before: they go into rounds
  // that follow each other. An engine's commit has one.
  std::vector<Round> rounds;
  absl::flat_hash_map<std::string, size_t> next_round;
  for (size_t i = 0; i < writes.size(); ++i) {
    const v1::Run& run = writes[i].run;
    size_t round = next_round[absl::StrCat("id/", run.id())];
    if (writes[i].insert && !run.idempotency_key().empty()) {
      size_t& by_key = next_round[absl::StrCat("key/", run.idempotency_key())];
      round = std::max(round, by_key);
      by_key = round + 1;
    }
    next_round[absl::StrCat("id/", run.id())] = round + 1;
    if (rounds.size() <= round) rounds.resize(round + 1);
    rounds[round].push_back({&writes[i], &outcome.statuses[i]});
  }
  absl::Status status = LearnSpecifications(db, writes);
  for (int tries = 0; status.ok() && tries < kMaxTries; ++tries) {
    status = TryCommit(db, rounds, notify, outcome.in_doubt);
    if (!absl::IsAlreadyExists(status)) break;
    if (tries + 1 < kMaxTries) status = absl::OkStatus();
  }
  if (status.ok()) return outcome;
  outcome.judged = std::move(outcome.statuses);
  outcome.statuses.assign(writes.size(), status);
  return outcome;
}

absl::Status RunWriter::TryCommit(PostgresConnection& db,
                                  const std::vector<Round>& rounds, bool notify,
                                  std::string& in_doubt) {
  return db.InTransaction(
      LookAt(rounds[0]),
      [&](absl::Span<const PostgresRows> first) -> absl::Status {
        std::vector<PostgresRows> rows(first.begin(), first.end());
        const std::string transaction(rows[kTransaction].Bytes(0, 0));
        for (size_t i = 0; i < rounds.size(); ++i) {
          if (i > 0) {
            SC_ASSIGN_OR_RETURN(rows, db.RunAll(LookAt(rounds[i])));
          }
          SC_ASSIGN_OR_RETURN(const RunRows changes, Judge(rounds[i], rows));
          std::vector<PostgresStatement> statements = changes.Statements();
          const bool last = i + 1 == rounds.size();
          if (last && notify) {
            for (PostgresStatement& notification : Notifications(rounds)) {
              statements.push_back(std::move(notification));
            }
          }
          if (last) statements.push_back(PostgresConnection::Commit());
          const absl::Status written = db.RunAll(statements).status();
          if (last && !written.ok() && db.IsBroken()) in_doubt = transaction;
          SC_RETURN_IF_ERROR(written);
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<RunRows> RunWriter::Judge(
    const Round& round, absl::Span<const PostgresRows> rows) const {
  const absl::flat_hash_map<std::string, Head> heads = HeadsOf(rows[kHeads]);
  const Taken taken = TakenOf(rows[kTaken]);
  int numbers_used = 0;
  RunRows changes;
  for (const Entry& entry : round) {
    const v1::Run& run = entry.write->run;
    if (entry.write->insert) {
      *entry.status = CheckInsert(run, taken);
      const int64_t number = rows[kNumbers].Integer(numbers_used++, 0);
      if (!entry.status->ok()) continue;
      changes.Insert(*entry.write, number,
                     specifications_.at(IdentityOf(run.pipeline())));
      continue;
    }
    const auto head = heads.find(run.id());
    *entry.status =
        head == heads.end()
            ? RunNotFound(run.id())
            : CheckUpdate(head->second.state, head->second.lease_epoch, run);
    if (!entry.status->ok()) continue;
    changes.Update(*entry.write, head->second.number, head->second.event_count);
  }
  return changes;
}

// Before the transaction and for good: a specification does no harm if no run
// comes to use it.
absl::Status RunWriter::LearnSpecifications(PostgresConnection& db,
                                            absl::Span<const RunWrite> writes) {
  for (const RunWrite& write : writes) {
    if (!write.insert) continue;
    const v1::Pipeline& pipeline = write.run.pipeline();
    const std::string identity = IdentityOf(pipeline);
    if (specifications_.contains(identity)) continue;
    const std::string digest = SpecificationDigest(pipeline);
    SC_ASSIGN_OR_RETURN(
        const std::vector<PostgresRows> rows,
        db.RunAll({{kInsertSpecification,
                    {pipeline.name(), pipeline.version(), digest,
                     pipeline.SerializeAsString()}},
                   {kFindSpecification,
                    {pipeline.name(), pipeline.version(), digest}}}));
    specifications_[identity] = rows[1].Integer(0, 0);
  }
  return absl::OkStatus();
}

}  // namespace stagecoach::postgres
