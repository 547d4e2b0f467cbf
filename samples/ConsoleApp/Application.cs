using ConsoleApp.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ConsoleApp;

/// <summary>The run of the host, from its start to the report.</summary>
internal static class Application
{
    /// <summary>Runs the host until it ends: by itself after the last order, or by Ctrl+C or SIGTERM.</summary>
    /// <returns>The program's exit code.</returns>
    /// <remarks>Not by <c>RunAsync</c>, which disposes the host: the account is read after the host has stopped.</remarks>
    public static async Task<int> RunAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch (OptionsValidationException e)
        {
            return Fail(e, ExitCode.Misuse);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Success; // told to stop before it had begun
        }
        catch (Exception e)
        {
            return Fail(e, ExitCode.Failure);
        }

        int exitCode = await WaitForEndAsync(host);
        bool isInOrder = host.Services.GetRequiredService<FinalReport>().Write();
        return isInOrder ? exitCode : ExitCode.Failure;
    }

    private static async Task<int> WaitForEndAsync(IHost host)
    {
        try
        {
            await host.WaitForShutdownAsync();
            return ExitCode.Success;
        }
        catch (Exception e)
        {
            return Fail(e, ExitCode.Failure); // a sidecar that the application cannot do without has failed for good
        }
    }

    private static int Fail(Exception exception, int exitCode)
    {
        Console.Error.WriteLine(exception.Message);
        return exitCode;
    }
}
