#include "operator/collect/probe.h"

#include <utility>

namespace penstock::collect {

Probe::Probe(const Network& network, const clock::Clock& clock, Target target,
             std::function<std::string()> nonces, Answered answered, Signalled signalled)
    : clock_(clock),
      target_(std::move(target)),
      nonces_(std::move(nonces)),
      answered_(std::move(answered)),
      signalled_(std::move(signalled)),
      status_(network, target_.ip, target_.port),
      data_(network, target_.ip, target_.data_port,
            target_.data_tls ? network.tls.get() : nullptr) {}

void Probe::start(void (*ended)(void*), void* argument) {
  task_ = run();
  task_.start(ended, argument);
}

void Probe::ask(bool health, bool signals, std::chrono::milliseconds proven) {
  busy_ = true;
  health_ = health;
  signals_ = signals;
  proven_ = proven;
  asked_.set();
}

void Probe::close() {
  closing_ = true;
  status_.cancel();
  data_.cancel();
  if (!busy_) {
    asked_.set();
  }
}

Task<> Probe::run() {
  while (!closing_) {
    co_await asked_.wait();
    if (closing_) {
      break;
    }
    if (signals_) {
      co_await ask_signals();
    }
    if (health_ && !closing_) {
      co_await ask_health();
    }
    busy_ = false;
  }
  co_await status_.close();
  co_await data_.close();
}

Task<> Probe::ask_health() {
  const Heard heard = co_await status_.ask("/readyz", answer_);
  const bool answered = heard == Heard::kAnswer;
  // The proof has an answer of its own.
  Report report = answered ? Report{.reachable = true,
                                    .hash = answer_.hash,
                                    .version = answer_.version,
                                    .problem = answer_.problem}
                           : Report{};
  const bool lapsed = clock_.now() >= proof_due_ || proven_over_ != status_.connections();
  if (answered && target_.data_port != 0 && lapsed && !closing_) {
    co_await prove();
  }
  if (!closing_) {
    report.proof = answered ? proof_ : Proof::kNone;
    answered_(*this, report);
  }
}

Task<> Probe::ask_signals() {
  const Heard heard = co_await status_.ask("/api/signals", answer_);
  constexpr int kOk = 200;
  if (heard == Heard::kAnswer && answer_.status == kOk && !closing_) {
    signalled_(*this, answer_.body);
  }
}

// The connection is not kept: it is one that a client could have.
Task<> Probe::prove() {
  proven_over_ = status_.connections();
  const std::string nonce = nonces_();
  Answer answer;
  const Heard heard = co_await data_.ask("/.well-known/penstock/proof/" + nonce, answer);
  // Sidecars of releases that knew no such question pass it to the engine, and mark its answer with
  // the hash of the policy that they run.
  const bool marked = !answer_.hash.empty() && answer.hash == answer_.hash;
  const bool good = heard == Heard::kAnswer && (answer.body == nonce || marked);
  silences_ = heard == Heard::kNothing ? silences_ + 1 : 0;
  if (heard == Heard::kNothing) {
    // It proves nothing: the network may keep the operator from a port that clients reach. One that
    // was proven may be busy for once.
    proof_ = silences_ >= kSilencesMost ? Proof::kNone : proof_;
  } else {
    proof_ = good ? Proof::kGood : Proof::kBad;
  }
  proof_due_ = clock_.now() + (good ? proven_ : Collector::kUnproven);
  co_await data_.close();
}

}  // namespace penstock::collect
