/* An acceptor that accepts every order, and does nothing else, in QuickFIX's C++. Loaded into a Python that has imported
 * PyPI's quickfix, whose extension module holds the library; see quickfix_acceptor.py. */
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include "Application.h"
#include "Message.h"
#include "MessageStore.h"
#include "Session.h"
#include "SessionSettings.h"
#include "SocketAcceptor.h"

namespace {

class Acknowledging : public FIX::Application {
  long orders = 0;

  void onCreate(const FIX::SessionID &) override {}
  void onLogon(const FIX::SessionID &) override {}
  void onLogout(const FIX::SessionID &) override {}
  void toAdmin(FIX::Message &, const FIX::SessionID &) override {}
  void toApp(FIX::Message &, const FIX::SessionID &) EXCEPT(FIX::DoNotSend) override {}
  void fromAdmin(const FIX::Message &, const FIX::SessionID &)
      EXCEPT(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {}

  void fromApp(const FIX::Message &order, const FIX::SessionID &session)
      EXCEPT(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
             FIX::UnsupportedMessageType) override {
    const std::string number = std::to_string(++orders);
    FIX::Message report;
    report.getHeader().setField(35, "8");
    for (int tag : {11, 38, 44, 54, 55, 60}) report.setField(tag, order.getField(tag));
    for (int tag : {37, 17}) report.setField(tag, number);
    for (int tag : {150, 39, 14, 6}) report.setField(tag, "0");
    report.setField(151, order.getField(38));
    FIX::Session::sendToTarget(report, session);
  }
};

}  // namespace

/* Serves until the process ends. Returns a status only if that can't be done. */
extern "C" int serve(const char *text, int port) try {
  std::istringstream lines(text);
  FIX::SessionSettings settings(lines);
  FIX::MemoryStoreFactory stores;
  Acknowledging application;
  FIX::SocketAcceptor acceptor(application, stores, settings);
  acceptor.start();
  std::printf("%d\n", port);
  std::fflush(stdout);
  for (;;) pause();
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
