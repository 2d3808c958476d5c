#include "orchestrator/store/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/base/clock.h"
#include "services/common/base/status_macros.h"

namespace stagecoach {
namespace {

constexpr int kBinary = 1;
// Milliseconds until a peer that says nothing any more is held for gone.
constexpr char kUserTimeout[] = "20000";
constexpr char kBegin[] = "BEGIN";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";

absl::Duration Now() { return Clock::Real().Elapsed(); }

// PostgreSQL's codes of errors, by their class (the first two characters) and
// those that differ from their class. Source: appendix A of its manual.
absl::StatusCode CodeOf(absl::string_view state) {
  if (state == "23505") return absl::StatusCode::kAlreadyExists;
  if (state == "42501") return absl::StatusCode::kFailedPrecondition;
  if (state == "25006") return absl::StatusCode::kUnavailable;  // a stand-by
  const absl::string_view kind = state.substr(0, 2);
  if (kind == "08" || kind == "40" || kind == "55" || kind == "57") {
    return absl::StatusCode::kUnavailable;
  }
  if (kind == "53" || kind == "54") return absl::StatusCode::kResourceExhausted;
  if (kind == "58" || kind == "XX") return absl::StatusCode::kDataLoss;
  if (kind == "28" || kind == "3D") {
    return absl::StatusCode::kFailedPrecondition;
  }
  return absl::StatusCode::kInternal;
}

// libpq says why a connection failed in words only.
absl::StatusCode CodeOfRefusal(absl::string_view message) {
  for (const absl::string_view words :
       {"authentication failed", "does not exist", "no password supplied",
        "permission denied", "no pg_hba.conf entry", "not permitted"}) {
    if (absl::StrContains(message, words)) {
      return absl::StatusCode::kFailedPrecondition;
    }
  }
  return absl::StatusCode::kUnavailable;
}

std::string Trimmed(const char* message) {
  return std::string(absl::StripTrailingAsciiWhitespace(message));
}

std::string NameOf(const pg_conn* connection) {
  const auto text = [](const char* value) { return value ? value : ""; };
  return absl::StrCat("postgresql://", text(PQuser(connection)), "@",
                      text(PQhost(connection)), ":", text(PQport(connection)),
                      "/", text(PQdb(connection)));
}

absl::Status CheckUrl(const std::string& url) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  if (options != nullptr) {
    PQconninfoFree(options);
    return absl::OkStatus();
  }
  const std::string why = error == nullptr ? "no memory" : Trimmed(error);
  PQfreemem(error);
  return absl::InvalidArgumentError(
      absl::StrCat("the URL of the PostgreSQL store cannot be read: ", why,
                   "; it must be postgresql://USER:PASSWORD@HOST/DATABASE"));
}

void IgnoreNotice(void*, const char*) {}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& url, absl::Duration timeout) {
  SC_RETURN_IF_ERROR(CheckUrl(url));
  const std::string seconds =
      absl::StrCat(std::max<int64_t>(2, absl::ToInt64Seconds(timeout)));
  // What the URL says itself counts more, because it comes later.
  const std::array<const char*, 7> keys = {"connect_timeout",
                                           "application_name",
                                           "client_encoding",
                                           "keepalives_idle",
                                           "tcp_user_timeout",
                                           "dbname",
                                           nullptr};
  const std::array<const char*, 7> values = {
      seconds.c_str(), "stagecoach", "UTF8", "10",
      kUserTimeout,    url.c_str(),  nullptr};
  pg_conn* const raw =
      PQconnectdbParams(keys.data(), values.data(), /*expand_dbname=*/1);
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(raw, NameOf(raw), timeout));
  if (PQstatus(raw) != CONNECTION_OK) {
    const std::string why = Trimmed(PQerrorMessage(raw));
    return absl::Status(CodeOfRefusal(why),
                        absl::StrCat("store ", connection->name_, ": ", why));
  }
  PQsetNoticeProcessor(raw, IgnoreNotice, nullptr);
  // The server gives up a statement a little before we do, and a transaction
  // of a client that has stopped.
  const int64_t limit = absl::ToInt64Milliseconds(timeout);
  SC_RETURN_IF_ERROR(connection->RunScript(absl::StrCat(
      "SET statement_timeout = ", limit * 9 / 10, "; SET lock_timeout = ",
      limit / 2, "; SET idle_in_transaction_session_timeout = ", limit,
      "; SET search_path = stagecoach; SET synchronous_commit = on")));
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) != 1) {
    return connection->Lost();
  }
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

PostgresStatement PostgresConnection::Commit() { return {kCommit}; }

absl::Status PostgresConnection::Lost() {
  broken_ = true;
  const std::string why = Trimmed(PQerrorMessage(connection_));
  return absl::UnavailableError(absl::StrCat(
      "store ", name_, ": ", why.empty() ? "the connection is lost" : why));
}

absl::Status PostgresConnection::ErrorOf(const pg_result& result,
                                         absl::string_view sql) const {
  const char* state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY);
  const absl::StatusCode code = CodeOf(state == nullptr ? "08000" : state);
  std::string text = absl::StrCat(
      "store ", name_, ": ",
      message == nullptr ? Trimmed(PQresultErrorMessage(&result)) : message);
  if (code == absl::StatusCode::kInternal) {
    absl::StrAppend(&text, " in ", sql);
  }
  return absl::Status(code, text);
}

absl::Status PostgresConnection::Wait(int events, absl::Duration deadline) {
  pollfd socket = {.fd = PQsocket(connection_),
                   .events = static_cast<decltype(pollfd::events)>(events),
                   .revents = 0};
  for (;;) {
    const int64_t left = absl::ToInt64Milliseconds(
        absl::Ceil(deadline - Now(), absl::Milliseconds(1)));
    const int ready = left <= 0 ? 0 : poll(&socket, 1, static_cast<int>(left));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno == EINTR) continue;
    broken_ = true;
    return absl::UnavailableError(absl::StrCat("store ", name_,
                                               " has not answered within ",
                                               absl::FormatDuration(timeout_)));
  }
}

absl::Status PostgresConnection::Flush(absl::Duration deadline) {
  for (;;) {
    const int left = PQflush(connection_);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost();
    // The server may wait for us to read before it reads on.
    SC_RETURN_IF_ERROR(Wait(POLLIN | POLLOUT, deadline));
    if (PQconsumeInput(connection_) == 0) return Lost();
  }
}

absl::StatusOr<PostgresConnection::ResultPtr> PostgresConnection::NextResult(
    absl::Duration deadline) {
  while (PQisBusy(connection_) != 0) {
    SC_RETURN_IF_ERROR(Wait(POLLIN, deadline));
    if (PQconsumeInput(connection_) == 0) return Lost();
  }
  return ResultPtr(PQgetResult(connection_), PQclear);
}

// `prepares` says whether the statement had to be prepared first, which has a
// result of its own.
absl::Status PostgresConnection::Send(const PostgresStatement& statement,
                                      bool& prepares) {
  const auto [entry, added] = prepared_.try_emplace(statement.sql);
  prepares = added;
  if (added) {
    entry->second = absl::StrCat("s", prepared_.size());
    if (PQsendPrepare(connection_, entry->second.c_str(), statement.sql, 0,
                      nullptr) == 0) {
      return Lost();
    }
  }
  const int count = static_cast<int>(statement.values.size());
  std::vector<const char*> data(count);
  std::vector<int> sizes(count);
  const std::vector<int> formats(count, kBinary);
  for (int i = 0; i < count; ++i) {
    data[i] = statement.values[i].data();
    sizes[i] = statement.values[i].size();
  }
  if (PQsendQueryPrepared(connection_, entry->second.c_str(), count,
                          data.data(), sizes.data(), formats.data(),
                          kBinary) == 0) {
    return Lost();
  }
  return absl::OkStatus();
}

// Fails only if the connection does; an error that the statement has met
// becomes `failure`, unless an earlier one has.
absl::Status PostgresConnection::Receive(const PostgresStatement& statement,
                                         bool prepares, absl::Duration deadline,
                                         std::vector<PostgresRows>& results,
                                         absl::Status& failure) {
  for (int part = prepares ? 0 : 1; part < 2; ++part) {
    SC_ASSIGN_OR_RETURN(ResultPtr result, NextResult(deadline));
    if (result == nullptr) return Lost();
    const ExecStatusType status = PQresultStatus(result.get());
    const bool succeeded =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!succeeded && part == 0) prepared_.erase(statement.sql);
    if (status == PGRES_FATAL_ERROR && failure.ok()) {
      failure = ErrorOf(*result, statement.sql);
    }
    if (PQstatus(connection_) == CONNECTION_BAD) broken_ = true;
    if (broken_) return failure;
    if (succeeded && part == 1) results.emplace_back(result.release());
    SC_ASSIGN_OR_RETURN(result, NextResult(deadline));
    if (result != nullptr) return Lost();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::RunAll(
    absl::Span<const PostgresStatement> statements) {
  if (broken_) return Lost();
  const absl::Duration deadline = Now() + timeout_;
  std::vector<bool> prepares;
  for (const PostgresStatement& statement : statements) {
    bool prepares_this = false;
    SC_RETURN_IF_ERROR(Send(statement, prepares_this));
    prepares.push_back(prepares_this);
  }
  if (PQpipelineSync(connection_) == 0) return Lost();
  SC_RETURN_IF_ERROR(Flush(deadline));
  std::vector<PostgresRows> results;
  absl::Status failure;
  for (size_t i = 0; i < statements.size(); ++i) {
    SC_RETURN_IF_ERROR(
        Receive(statements[i], prepares[i], deadline, results, failure));
  }
  SC_ASSIGN_OR_RETURN(const ResultPtr sync, NextResult(deadline));
  if (sync == nullptr || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
    return Lost();
  }
  if (!failure.ok()) return failure;
  return results;
}

absl::StatusOr<PostgresRows> PostgresConnection::Run(
    const char* sql, std::vector<PostgresValue> values) {
  SC_ASSIGN_OR_RETURN(const std::vector<PostgresRows> results,
                      RunAll({PostgresStatement{sql, std::move(values)}}));
  return results[0];
}

absl::Status PostgresConnection::RunScript(const std::string& sql) {
  const bool pipelined = PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
  if (pipelined && PQexitPipelineMode(connection_) != 1) return Lost();
  const ResultPtr result(PQexec(connection_, sql.c_str()), PQclear);
  if (PQstatus(connection_) == CONNECTION_BAD) return Lost();
  if (pipelined && PQenterPipelineMode(connection_) != 1) return Lost();
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    return absl::OkStatus();
  }
  return ErrorOf(*result, sql);
}

absl::Status PostgresConnection::InTransaction(
    std::vector<PostgresStatement> first,
    absl::FunctionRef<absl::Status(absl::Span<const PostgresRows>)> body) {
  first.insert(first.begin(), PostgresStatement{kBegin});
  absl::StatusOr<std::vector<PostgresRows>> rows = RunAll(first);
  absl::Status status = rows.status();
  if (status.ok()) status = body(absl::MakeConstSpan(*rows).subspan(1));
  if (!broken_ && PQtransactionStatus(connection_) != PQTRANS_IDLE) RollBack();
  return status;
}

void PostgresConnection::RollBack() {
  if (!Run(kRollback).ok()) broken_ = true;
}

absl::StatusOr<std::vector<std::string>> PostgresConnection::AwaitNotices(
    int wake_descriptor) {
  std::array<pollfd, 2> sockets = {
      pollfd{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0},
      pollfd{.fd = wake_descriptor, .events = POLLIN, .revents = 0}};
  while (poll(sockets.data(), sockets.size(), -1) < 0) {
    if (errno != EINTR) return Lost();
  }
  if (PQconsumeInput(connection_) == 0) return Lost();
  std::vector<std::string> payloads;
  while (pgNotify* notify = PQnotifies(connection_)) {
    payloads.emplace_back(notify->extra);
    PQfreemem(notify);
  }
  return payloads;
}

// What a server says to an idle connection is, with few exceptions, that it
// closes it; and a new one is cheap.
bool PostgresConnection::IsBroken() {
  pollfd socket = {.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
  broken_ = broken_ || poll(&socket, 1, 0) > 0;
  return broken_;
}

}  // namespace stagecoach
