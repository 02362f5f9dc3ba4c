// Java to Logstore, with fluent-logger-java: the dependency is in pom.xml.
//
// It asks for no acknowledgements and keeps up to 8 MiB that it cannot send: what is there is lost with the process. Where
// that matters send to a Fluentd or Fluent Bit on the same machine, which keeps it in files.
import java.util.Map;
import org.fluentd.logger.FluentLogger;

public class Log {
  public static void main(String[] arguments) {
    String host = arguments.length > 0 ? arguments[0] : "127.0.0.1";
    int port = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 24224;
    FluentLogger logger = FluentLogger.getLogger("app", host, port);
    // `level` and `message` are what Logstore looks for; the rest are fields of their own.
    logger.log("java", Map.of("level", "info", "message", "the program has started"));
    logger.log("java", Map.of("level", "warn", "message", "payment refused", "order", 4711));
    logger.close();
  }
}
