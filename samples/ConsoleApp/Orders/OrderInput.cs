using System.Runtime.CompilerServices;
using ConsoleApp.Reporting;

namespace ConsoleApp.Orders;

/// <summary>The lines to process: of a file, of standard input, or of the file that comes with the program; no faster than the settings say.</summary>
internal sealed class OrderInput(CommandLine command, Terminal terminal, OrderPace pace)
{
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (command.File is null ? Console.IsInputRedirected : command.File == CommandLine.StandardInput)
        {
            terminal.Announce("Orders from standard input");
            bool isEmpty = true;
            using var standardInput = new StreamReader(Console.OpenStandardInput());
            await foreach (string line in ReadLinesAsync(standardInput, ct))
            {
                isEmpty = false;
                yield return line;
            }

            // Started by a script or a service, a program gets an empty standard input that nobody meant to be read.
            if (!isEmpty || command.File is not null)
                yield break;
            terminal.Announce("Nothing came in");
        }

        string file = command.File ?? Path.Combine(AppContext.BaseDirectory, "Data", "orders.ndjson");
        terminal.Announce(command.File is null ? "Orders from the file that comes with the program" : $"Orders from {file}");
        using var reader = new StreamReader(file);
        await foreach (string line in ReadLinesAsync(reader, ct))
            yield return line;
    }

    private async IAsyncEnumerable<string> ReadLinesAsync(StreamReader reader, [EnumeratorCancellation] CancellationToken ct)
    {
        // A read from a pipe or a keyboard cannot be cancelled. On a stop it is left waiting, on a thread that keeps no process alive.
        while (await reader.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(ct) is { } line)
        {
            ct.ThrowIfCancellationRequested();
            await pace.WaitAsync(ct);
            yield return line;
        }
    }
}
